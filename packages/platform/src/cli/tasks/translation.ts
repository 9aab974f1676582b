import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TranslationTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { writeNote } from '../output.js';
import { type CliTask, parsed } from './task.js';

/** Two columns, such as 1,0. */
function columnPair(text: string): [number, number] {
  const found = /^(\d+),(\d+)$/.exec(text);
  if (!found || found[1] === found[2])
    throw new InvalidArgumentError('expected the columns of source and target, from 0, such as 1,0.');
  return [Number(found[1]), Number(found[2])];
}

/** What a translator can be trained with; the names are those of `TranslationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  const tokenizer = (side: string): Option =>
    new Option(
      `--${side}-tokenizer <kind>`,
      `what tokens of the ${side} are (default: character for languages without spaces, else bpe)`,
    ).choices(['bpe', 'word', 'character']);
  return command
    .requiredOption(
      '-d, --data <path|name>',
      'a file with a text, a tab and its translation a line; a folder with train, dev and test files; or dates: made here',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .option(
      '--columns <source,target>',
      'columns of the file, from 0; 1,0 translates the other way round',
      columnPair,
    )
    .addOption(tokenizer('source'))
    .addOption(tokenizer('target'))
    .option('--vocabulary-size <n>', 'the most tokens of each language (default: 8000)', wholeNumber(5))
    .option('--maximum-length <n>', 'the most tokens of a text (default: 128)', wholeNumber(4))
    .addOption(
      new Option('--too-long <way>', 'what becomes of longer texts (default: truncate)').choices([
        'truncate',
        'refuse',
      ]),
    )
    .option('--layers <n>', 'layers of the encoder, and of the decoder (default: 3)', wholeNumber(1))
    .option('--heads <n>', 'attention heads of a layer (default: 4)', wholeNumber(1))
    .option('--width <n>', 'features of a position, a multiple of the heads (default: 256)', wholeNumber(1))
    .option(
      '--hidden <n>',
      'units of the feed-forward networks (default: four times the width)',
      wholeNumber(1),
    )
    .option('--dropout <share>', 'share of features dropped in training (default: 0.1)', numberFrom(0, 0.9))
    .option(
      '--label-smoothing <share>',
      'how much of a target is spread over all tokens (default: 0.1)',
      numberFrom(0, 0.9),
    )
    .option('-e, --epochs <n>', 'passes over the data (default: 10)', wholeNumber(1))
    .option(
      '-b, --batch-tokens <n>',
      'tokens in a step, source, target and padding together (default: 2500)',
      wholeNumber(16),
    )
    .option('-l, --learning-rate <x>', 'the highest rate (default: 0.001)', positiveNumber)
    .addOption(
      new Option('--schedule <curve>', 'how the rate falls after the warm-up (default: cosine)').choices([
        'cosine',
        'inverse-sqrt',
      ]),
    )
    .option(
      '--warmup <n>',
      'steps in which the rate rises (default: 400, a tenth of all at most)',
      wholeNumber(0),
    )
    .option(
      '--patience <n>',
      'end after this many epochs without a better validation loss (default: never)',
      wholeNumber(1),
    )
    .option(
      '--validation-split <share>',
      'share of the pairs held out where there is no test file (default: 0.05)',
      numberFrom(0.001, 0.5),
    )
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option('--resume', 'go on from the last checkpoint, where there is one');
}

export const translation: CliTask = {
  description: 'translate texts from one language into another',
  trainExamples: [
    'modelwright train translation --data dates --width 64 --layers 2 --batch-tokens 1000 --learning-rate 0.004 --out models/dates',
    'modelwright train translation --data cmn.txt --out models/english-chinese',
    'modelwright train translation --data cmn.txt --columns 1,0 --out models/chinese-english',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainTranslator } = await import('modelwright/tasks');
    return trainTranslator({ ...parsed<TranslationTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateTranslator } = await import('modelwright/tasks');
    return evaluateTranslator({ model, ...options });
  },
  input: 'text',
  async openPredictor(directory) {
    const { openTranslator } = await import('modelwright/tasks');
    const translator = await openTranslator(directory);
    return {
      async predict(source, _top, { options, onPiece }) {
        let text = '';
        for await (const piece of translator.stream(String(source), { ...options, onNote: writeNote })) {
          onPiece?.(piece);
          text += piece;
        }
        return { json: { translation: text }, text };
      },
      release: () => translator.release(),
    };
  },
};
