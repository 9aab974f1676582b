import { buffer, text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { exitStatus, oneLine, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { type OutputOptions, writeNote, writeResult } from '../output.js';
import { type CliTask, taskOf } from '../tasks/index.js';

/** `modelwright predict MODEL INPUT...`: what a saved model makes of files, or of text. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('ask a saved model about files or text')
    .argument('<model>', 'folder of a saved model')
    .argument(
      '<inputs...>',
      "files to predict on, or text for models that take text; '-' is standard input, of which each line is a text",
    )
    .option('-k, --top <n>', 'the most classes or neighbours to show', wholeNumber(1), 5)
    .option('--json', 'end with one line of JSON')
    .addHelpText(
      'after',
      examples([
        'modelwright predict models/photos cat.jpg dog.jpg',
        'curl -s https://example.org/cat.jpg | modelwright predict models/photos - --json',
        'modelwright predict models/words king queen --top 10',
      ]),
    )
    .action(predict);
}

async function predict(
  directory: string,
  inputs: readonly string[],
  options: OutputOptions & { top: number },
): Promise<void> {
  const { readModelFolder } = await import('modelwright/saved');
  const { config } = await readModelFolder(directory);
  const task = taskOf(config.task);
  const predictor = await task.openPredictor(directory);
  const sources = await sourcesOf(inputs, task.input);
  const results: object[] = [];
  const texts: string[] = [];
  let failures = 0;
  for (const { name, source } of sources) {
    try {
      const { json, text } = await predictor.predict(source, options.top);
      results.push({ [task.input]: name, ...json });
      texts.push(sources.length === 1 ? text : `${name}\n${text}`);
    } catch (error) {
      failures++;
      results.push({ [task.input]: name, error: oneLine(error) });
      writeNote(`modelwright: ${oneLine(error)}`);
    }
  }
  await predictor.release();
  const result = { model: directory, task: config.task, results };
  if (options.json || texts.length > 0) writeResult(options, result, () => texts.join('\n\n'));
  if (failures > 0) throw new SilentFailure(exitStatus.failure);
}

interface Source {
  readonly name: string;
  readonly source: string | Uint8Array;
}

/** What the arguments stand for: standard input is one file, or a text a line. */
async function sourcesOf(inputs: readonly string[], kind: CliTask['input']): Promise<Source[]> {
  const sources: Source[] = [];
  for (const name of inputs) {
    if (name !== '-') sources.push({ name, source: name });
    else if (kind === 'file') sources.push({ name, source: new Uint8Array(await buffer(process.stdin)) });
    else {
      const lines = (await textOf(process.stdin)).split(/\r?\n/).filter((line) => line.trim() !== '');
      sources.push(...lines.map((line) => ({ name: line, source: line })));
    }
  }
  return sources;
}
