import { type Command, Option } from 'commander';
import type { TextClassificationTrainOptions } from 'modelwright/tasks';
import { wholeNumber } from '../numbers.js';
import { shares } from '../output.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions, tooLongOption } from './trainOptions.js';

/** What text classification can be trained with; the names are those of `TextClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: {
      placeholder: 'file|folder|name',
      description:
        'a .csv, .tsv or .jsonl file, a folder with train, dev and test in such files, or reviews, which is made here',
    },
    examples: 'texts',
  })
    .addOption(
      new Option('-m, --model <name>', 'kind of model (default: text-cnn)').choices([
        'text-cnn',
        'bilstm',
        'transformer',
        'naive-bayes',
      ]),
    )
    .option(
      '--text-column <name|n>',
      'column of the text, by name or number from 1 (default: text, review ...)',
    )
    .option('--label-column <name|n>', 'column of the label (default: label, class, sentiment ...)')
    .addOption(
      new Option(
        '-t, --tokenizer <kind>',
        'what tokens are (default: characters for Chinese, else words)',
      ).choices(['word', 'character', 'bpe', 'wordpiece']),
    )
    .option('--vocabulary-size <n>', 'the most tokens of the vocabulary (default: 30000)', wholeNumber(5))
    .option('--minimum-count <n>', 'rarer tokens count as unknown (default: 1)', wholeNumber(1))
    .option('--maximum-length <n>', 'the most tokens of a text (default: 256)', wholeNumber(1))
    .addOption(tooLongOption('texts'));
}

export const textClassification: CliTask = {
  description: 'say what a text is: its mood, its subject, what its writer wants',
  trainExamples: [
    'modelwright train text-classification --data reviews --out models/reviews',
    'modelwright train text-classification --data hotel.csv --text-column review --out models/hotel',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainTextClassifier } = await import('modelwright/tasks');
    return trainTextClassifier({ ...parsed<TextClassificationTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateTextClassifier } = await import('modelwright/tasks');
    return evaluateTextClassifier({ model, ...options });
  },
  input: 'text',
  async openPredictor(directory) {
    const { openTextClassifier } = await import('modelwright/tasks');
    const model = await openTextClassifier(directory);
    return {
      async predict(source, top) {
        const predictions = await model.predict(source as string, { top });
        return { json: { predictions }, text: shares(predictions) };
      },
      release: () => model.release(),
    };
  },
};
