import type { Command } from 'commander';
import type { ImageClassificationTrainOptions } from 'modelwright/tasks';
import { wholeNumber } from '../numbers.js';
import { shares } from '../output.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions } from './trainOptions.js';
import { addTransferOptions } from './transferOptions.js';

/** What image classification can be trained with; the names are those of `ImageClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  addNetworkTrainOptions(command, {
    data: {
      placeholder: 'folder|name',
      description: 'a folder with a folder of images for each class, or a dataset: digits, mnist',
    },
    examples: 'images',
  })
    .option(
      '-m, --model <name>',
      'network: digits-cnn, small-cnn, aligned-cnn, gradient-histograms, resnet18, resnet34, resnet50, mobilenet-v2, vit-small, mlp, linear (default: by the images)',
    )
    .option('--image-size <pixels>', 'height and width to bring images to', wholeNumber(1, 4096));
  return addTransferOptions(command);
}

export const imageClassification: CliTask = {
  description: 'say what is in a picture',
  trainExamples: [
    'modelwright train image-classification --data digits --out models/digits',
    'modelwright train image-classification --data photos/ --model resnet18 --epochs 20 --out models/photos',
    "modelwright train image-classification --data few/ --from models/photos --freeze '*' --unfreeze-after 5 --out models/few",
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainImageClassifier } = await import('modelwright/tasks');
    return trainImageClassifier({ ...parsed<ImageClassificationTrainOptions>(options), ...hooks });
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
        return { json: { predictions }, text: shares(predictions!) };
      },
      release: () => model.release(),
    };
  },
};
