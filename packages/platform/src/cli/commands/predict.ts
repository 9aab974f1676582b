import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { exitStatus, oneLine, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { type OutputOptions, writeNote, writeResult } from '../output.js';
import { taskOf } from '../tasks/index.js';

/** `modelwright predict MODEL FILE...`: what a saved model makes of files. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('ask a saved model about files')
    .argument('<model>', 'folder of a saved model')
    .argument('<files...>', "files to predict on; '-' is standard input")
    .option('-k, --top <n>', 'the most classes to show', wholeNumber(1), 5)
    .option('--json', 'end with one line of JSON')
    .addHelpText(
      'after',
      examples([
        'modelwright predict models/photos cat.jpg dog.jpg',
        'curl -s https://example.org/cat.jpg | modelwright predict models/photos - --json',
      ]),
    )
    .action(predict);
}

async function predict(
  directory: string,
  files: readonly string[],
  options: OutputOptions & { top: number },
): Promise<void> {
  const { openModel } = await import('modelwright/saved');
  const model = await openModel(directory);
  const task = taskOf(model.config.task);
  const results: object[] = [];
  const texts: string[] = [];
  let failures = 0;
  for (const file of files) {
    try {
      const source = file === '-' ? new Uint8Array(await buffer(process.stdin)) : file;
      const { json, text } = await task.predict(model, source, options.top);
      results.push({ file, ...json });
      texts.push(files.length === 1 ? text : `${file}\n${text}`);
    } catch (error) {
      failures++;
      results.push({ file, error: oneLine(error) });
      writeNote(`modelwright: ${oneLine(error)}`);
    }
  }
  await model.release();
  const result = { model: directory, task: model.config.task, results };
  if (options.json || texts.length > 0) writeResult(options, result, () => texts.join('\n\n'));
  if (failures > 0) throw new SilentFailure(exitStatus.failure);
}
