import { type Command, Option } from 'commander';
import type { TokenClassificationTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import type { CliTask } from './task.js';

/** What taggers can be trained with; the names are those of `TokenClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <file|folder|name>',
      'a CoNLL file, a folder whose files are named after train, dev and test, or trips, which is made here',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .addOption(
      new Option('-m, --model <name>', 'kind of model (default: bilstm-crf)').choices([
        'bilstm-crf',
        'transformer',
      ]),
    )
    .addOption(
      new Option('--scheme <scheme>', 'how the model writes entities (default: BIO)').choices([
        'BIO',
        'BIOES',
      ]),
    )
    .option('--vocabulary-size <n>', 'the most tokens of the vocabulary (default: 30000)', wholeNumber(5))
    .option('--minimum-count <n>', 'rarer tokens count as unknown (default: 2)', wholeNumber(1))
    .option('--maximum-length <n>', 'the most tokens of a sentence (default: 256)', wholeNumber(1))
    .addOption(
      new Option('--too-long <what>', 'what to do with longer sentences (default: truncate)').choices([
        'truncate',
        'refuse',
      ]),
    )
    .option('-e, --epochs <n>', 'times to go through the data', wholeNumber(1))
    .option('-b, --batch-size <n>', 'sentences in a step', wholeNumber(1))
    .option('-l, --learning-rate <x>', 'size of the steps', positiveNumber)
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option(
      '--validation-split <share>',
      'share held out to measure on where there is no test file, 0 to 0.5 (default: 0.1)',
      numberFrom(0, 0.5),
    )
    .option('--resume', 'go on from the last checkpoint, where there is one');
}

export const tokenClassification: CliTask = {
  description: 'find names and other entities in text',
  trainExamples: [
    'modelwright train token-classification --data trips --out models/trips',
    'modelwright train token-classification --data news/ --model bilstm-crf --epochs 8 --out models/news',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainTokenClassifier } = await import('modelwright/tasks');
    return trainTokenClassifier({ ...(options as unknown as TokenClassificationTrainOptions), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateTokenClassifier } = await import('modelwright/tasks');
    return evaluateTokenClassifier({ model, ...options });
  },
  input: 'text',
  async openPredictor(directory) {
    const { openTokenClassifier } = await import('modelwright/tasks');
    const model = await openTokenClassifier(directory);
    return {
      async predict(source) {
        const entities = await model.predict(source as string);
        const lines = entities.map(({ type, text }) => `${type}  ${text}`);
        return { json: { entities }, text: lines.join('\n') || 'no entities' };
      },
      release: () => model.release(),
    };
  },
};
