import { type Command, Option } from 'commander';
import type { TokenClassificationTrainOptions } from 'modelwright/tasks';
import { numberFrom, wholeNumber } from '../numbers.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions, tooLongOption } from './trainOptions.js';

/** What taggers can be trained with; the names are those of `TokenClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: {
      placeholder: 'file|folder|name',
      description:
        'a CoNLL file, a folder whose files are named after train, dev and test, or trips or trips-zh, which are made here',
    },
    examples: 'sentences',
  })
    .addOption(
      new Option('-m, --model <name>', 'kind of model (default: bilstm-crf)').choices([
        'bilstm-crf',
        'transformer',
      ]),
    )
    .addOption(
      new Option(
        '--scheme <scheme>',
        'how the model writes entities (default: BIOES for characters, BIO for words)',
      ).choices(['BIO', 'BIOES']),
    )
    .option(
      '--vocabulary-size <n>',
      'the most tokens of the vocabulary, and the most bigrams (default: 30000)',
      wholeNumber(5),
    )
    .option('--minimum-count <n>', 'rarer tokens count as unknown (default: 2)', wholeNumber(1))
    .option('--maximum-length <n>', 'the most tokens of a sentence (default: 256)', wholeNumber(1))
    .addOption(tooLongOption('sentences'))
    .option(
      '--features <n>',
      "numbers in a token's vector (default: 100; 128 for transformer)",
      wholeNumber(1, 10_000),
    )
    .option('--units <n>', 'units in each direction, for bilstm-crf (default: 128)', wholeNumber(1, 10_000))
    .option('--spelling', 'have bilstm-crf look at how tokens are written (default: where tokens are words)')
    .option('--no-spelling', 'look at whole tokens alone')
    .option(
      '--bigrams <n>',
      'look up pairs of tokens that occur n times or more (default: 3 where tokens are characters)',
      wholeNumber(1),
    )
    .option('--no-bigrams', 'look up no pairs')
    .option(
      '--word-bounds',
      'tell the model where words begin and end (default: where tokens are characters)',
    )
    .option('--no-word-bounds', 'leave words to the model')
    .option(
      '--dropout <share>',
      'share of features dropped in training (default: 0.4; 0.1 for transformer)',
      numberFrom(0, 0.9),
    );
}

export const tokenClassification: CliTask = {
  description: 'find names and other entities in text',
  trainExamples: [
    'modelwright train token-classification --data trips --out models/trips',
    'modelwright train token-classification --data trips-zh --out models/trips-zh',
    'modelwright train token-classification --data news/ --model bilstm-crf --epochs 8 --out models/news',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainTokenClassifier } = await import('modelwright/tasks');
    return trainTokenClassifier({ ...parsed<TokenClassificationTrainOptions>(options), ...hooks });
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
