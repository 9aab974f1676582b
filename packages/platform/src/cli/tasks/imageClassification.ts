import { type Command, Option } from 'commander';
import type { ImageClassificationTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import type { CliTask } from './task.js';

/** What image classification can be trained with; the names are those of `ImageClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <folder|name>',
      'a folder with a folder of images for each class, or a dataset: digits, mnist',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .option(
      '-m, --model <name>',
      'network: digits-cnn, small-cnn, resnet18, resnet34, mlp (default: by the images)',
    )
    .option('-e, --epochs <n>', 'times to go through the data', wholeNumber(1))
    .option('-b, --batch-size <n>', 'images in a step', wholeNumber(1))
    .option('-l, --learning-rate <x>', 'size of the first steps', positiveNumber)
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option('--image-size <pixels>', 'height and width to bring images to', wholeNumber(1, 4096))
    .option(
      '--validation-split <share>',
      'share of the images held out to validate on, 0 to 0.5',
      numberFrom(0, 0.5),
    )
    .option('--resume', 'go on from the last checkpoint, where there is one');
}

export const imageClassification: CliTask = {
  description: 'say what is in a picture',
  trainExamples: [
    'modelwright train image-classification --data digits --out models/digits',
    'modelwright train image-classification --data photos/ --model resnet18 --epochs 20 --out models/photos',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainImageClassifier } = await import('modelwright/tasks');
    return trainImageClassifier({ ...(options as unknown as ImageClassificationTrainOptions), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateImageClassifier } = await import('modelwright/tasks');
    return evaluateImageClassifier({ model, ...options });
  },
  input: 'file',
  async openPredictor(directory) {
    const { openModel } = await import('modelwright/saved');
    const { predictImages } = await import('modelwright/tasks');
    const model = await openModel(directory);
    return {
      async predict(source, top) {
        const [predictions] = await predictImages(model, [source], { top });
        const shares = predictions!.map(
          ({ label, probability }) => `${(100 * probability).toFixed(1).padStart(5)}%  ${label}`,
        );
        return { json: { predictions }, text: shares.join('\n') };
      },
      release: () => model.release(),
    };
  },
};
