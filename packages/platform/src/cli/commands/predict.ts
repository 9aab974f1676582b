import { mkdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { buffer, text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { TextGenerationOptions, TranslateOptions } from 'modelwright/tasks';
import { exitStatus, oneLine, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { type OutputOptions, writeNote, writeResult } from '../output.js';
import { PathOption } from '../pathOption.js';
import {
  type CliTask,
  type PredictionOutcome,
  type PredictorOptions,
  type Source,
  taskOf,
} from '../tasks/index.js';
import { predictStream } from './predictStream.js';

/** `modelwright predict MODEL INPUT...`: what a saved model makes of files, or of text. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('ask a saved model about files or text')
    .argument('<model>', 'folder of a saved model')
    .argument(
      '[inputs...]',
      "files to predict on, or text for models that take text; '-' is standard input, of which each line is a text",
    )
    .option('-k, --top <n>', 'the most classes or neighbours to show', wholeNumber(1), 5)
    .option('--json', 'end with one line of JSON')
    .optionsGroup('Options for models that compare pictures:')
    .addOption(new PathOption('-g, --gallery <folder>', 'find the most similar pictures of this folder'))
    .option('--exact', 'compare all pictures of the gallery, although it has an index')
    .optionsGroup('Options for models that write down speech:')
    .option('--stream', "hear standard input ('-') as it arrives: raw samples of 16 bits, one channel")
    .option(
      '--sample-rate <hertz>',
      'samples in a second of a stream (default: as the model)',
      wholeNumber(1),
    )
    .option('--language-weight <x>', 'how much the language model counts (default: 0.5)', numberFrom(0, 100))
    .option('--timestamps', 'say when each word begins and ends, in seconds')
    .optionsGroup('Options for models that make text:')
    .option('-p, --prompt <text>', 'the beginning of the text, as an input would be')
    .option(
      '--maximum-length <n>',
      'tokens to make at most (default: 200; for translations, as trained)',
      wholeNumber(1),
    )
    .option('--temperature <x>', '0: always the likeliest token (default: 0.8)', numberFrom(0, 100))
    .option('--top-k <n>', 'choose among the n likeliest tokens', wholeNumber(1))
    .option('--top-p <share>', 'choose among the likeliest tokens that reach this', numberFrom(1e-6, 1))
    .option('--repetition-penalty <x>', 'above 1: fewer repetitions (default: 1)', positiveNumber)
    .option(
      '-s, --seed <n>',
      'equal seeds make equal texts, or pictures (default: 0)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--stop <text>', 'end before this text')
    .option(
      '--truncate',
      'cut off what is too long: the beginning of a prompt, the end of a text to translate',
    )
    .optionsGroup('Options for models that translate, or write down speech:')
    .option(
      '--beams <n>',
      'texts kept open; 1: the likeliest each time (default: 4 for translations, 1 for speech)',
      wholeNumber(1),
    )
    .option('--length-penalty <x>', 'the larger, the longer translations (default: 0.6)', numberFrom(0, 10))
    .optionsGroup('Options for models that make pictures, which take no input:')
    .option('-n, --count <n>', 'how many pictures to make (default: 16)', wholeNumber(1, 100_000))
    .option('--class <name>', 'the class to make (default: each in turn)')
    .option(
      '--towards <seed>',
      'go in steps from the first picture of --seed to the first of this',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .optionsGroup('Options for models that find objects:')
    .option('--threshold <score>', 'leave out objects that score less (default: 0.3)', numberFrom(0, 1))
    .option('--no-pictures', 'draw no pictures with boxes on them')
    .optionsGroup('Options for models that make pictures or find objects:')
    .option('-o, --out <folder>', 'where to write the PNG files (default: here)')
    .addHelpText(
      'after',
      examples([
        'modelwright predict models/photos cat.jpg dog.jpg',
        'modelwright predict models/cells slide.jpg --out found/ --threshold 0.5',
        'curl -s https://example.org/cat.jpg | modelwright predict models/photos - --json',
        'modelwright predict models/faces a.jpg b.jpg',
        'modelwright predict models/faces a.jpg --gallery people/ --top 3',
        'arecord -t raw -f S16_LE -r 8000 | modelwright predict models/dictation - --stream --sample-rate 8000',
        'modelwright predict models/drawn-digits --count 8 --class 7 --out sevens/',
        'modelwright predict models/words king queen --top 10',
        'modelwright predict models/shakespeare --prompt "ROMEO:" --seed 7',
        'modelwright predict models/english-chinese "Good morning." --beams 5',
      ]),
    )
    .action(predict);
}

/** How a model is asked. */
export interface AskingOptions
  extends TextGenerationOptions,
    TranslateOptions,
    Pick<PredictorOptions, 'gallery' | 'exact' | 'count' | 'class' | 'towards' | 'out'> {
  readonly sampleRate?: number;
  readonly languageWeight?: number;
  readonly timestamps?: boolean;
}

interface PredictOptions extends OutputOptions, AskingOptions {
  readonly top: number;
  readonly prompt?: string;
  readonly threshold?: number;
  /** Whether pictures are drawn of what is found. */
  readonly pictures: boolean;
  readonly stream?: boolean;
}

/** The options as predictors take them: how one is opened, and how it makes text. */
export function askedWith({
  gallery,
  exact,
  count,
  class: wanted,
  towards,
  out,
  sampleRate,
  languageWeight,
  timestamps = false,
  ...making
}: AskingOptions): {
  readonly asked: PredictorOptions;
  readonly making: TextGenerationOptions & TranslateOptions;
} {
  const { beams, seed } = making;
  const speech = { sampleRate, beams, languageWeight, timestamps };
  return { asked: { gallery, exact, count, class: wanted, towards, out, seed, speech }, making };
}

async function predict(
  directory: string,
  given: readonly string[],
  options: PredictOptions,
  command: Command,
): Promise<void> {
  const { top, prompt, threshold, pictures, json = false, stream = false, ...asking } = options;
  const { asked, making } = askedWith(asking);
  const inputs = prompt === undefined ? given : [...given, prompt];
  const { readModelFolder } = await import('modelwright/saved');
  const { config } = await readModelFolder(directory);
  const task = taskOf(config.task);
  if (inputs.length === 0 && task.input !== 'none') {
    command.error("error: there is nothing to predict on: give an input, or '-'");
  }
  if (inputs.length > 0 && task.input === 'none') command.error('error: this model takes no input');
  if (stream) {
    if (inputs.join() !== '-') command.error("error: a stream is read from standard input: give '-' alone");
    await predictStream({ directory, task, taskName: config.task, options: asked, json });
    return;
  }
  const predictor = await task.openPredictor(directory, asked);
  if (predictor.predictAlone) {
    const { json: result, text } = await predictor.predictAlone().finally(() => predictor.release());
    writeResult({ json }, { model: directory, task: config.task, ...result }, () => text);
    return;
  }
  const sources = await sourcesOf(inputs, task.input);
  const results: object[] = [];
  const texts: string[] = [];
  let failures = 0;
  if (predictor.predictTogether && sources.length > 1) {
    const { json: result, text } = await predictor
      .predictTogether(sources)
      .finally(() => predictor.release());
    writeResult({ json }, { model: directory, task: config.task, ...result }, () => text);
    return;
  }
  for (const { name, source } of sources) {
    try {
      let streamed = false;
      const onPiece = (piece: string): void => {
        streamed = true;
        process.stdout.write(piece);
      };
      const outcome = await predictor.predict(source, top, {
        options: making,
        threshold,
        ...(!json && { onPiece }),
      });
      const picture = pictures ? await writePicture(outcome, name, asking.out) : undefined;
      results.push({ [task.input]: name, ...outcome.json, ...(picture && { picture }) });
      if (picture) writeNote(`Drawn: ${picture}`);
      if (streamed) process.stdout.write('\n');
      else texts.push(sources.length === 1 ? outcome.text : `${name}\n${outcome.text}`);
    } catch (error) {
      failures++;
      results.push({ [task.input]: name, error: oneLine(error) });
      writeNote(`modelwright: ${oneLine(error)}`);
    }
  }
  await predictor.release();
  const result = { model: directory, task: config.task, results };
  if (json || texts.length > 0) writeResult({ json }, result, () => texts.join('\n\n'));
  if (failures > 0) throw new SilentFailure(exitStatus.failure);
}

/** Draws the outcome where it can be drawn, and gives the file's name. */
async function writePicture(
  { picture }: PredictionOutcome,
  input: string,
  folder = '.',
): Promise<string | undefined> {
  if (!picture) return undefined;
  await mkdir(folder, { recursive: true });
  const stem = input === '-' ? 'input' : parse(input).name;
  const file = join(folder, `${stem}.${picture.suffix}.png`);
  await writeFile(file, await picture.draw());
  return file;
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
