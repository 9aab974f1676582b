import { type Command, Option } from 'commander';
import type { ObjectDetectionTrainOptions } from 'modelwright/tasks';
import { numberFrom, wholeNumber } from '../numbers.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions } from './trainOptions.js';

/** What a detector of objects can be trained with; the names are those of `ObjectDetectionTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: {
      placeholder: 'folder|file|name',
      description:
        "a folder laid out as Pascal VOC's, COCO's or YOLO's, COCO's .json, YOLO's .yaml; or shapes, drawn here",
    },
    examples: 'images',
    split: 'share of the images held out where there is no part for validation, 0 to 0.5 (default: 0.2)',
  })
    .addOption(
      new Option('-m, --model <name>', 'kind of detector (default: fcos)').choices(['fcos', 'faster-rcnn']),
    )
    .option(
      '--image-size <pixels>',
      'the longer side to bring images to (default: theirs, up to 320)',
      wholeNumber(32, 2048),
    )
    .addOption(
      new Option(
        '--on-problem <what>',
        'what to do about annotations that are wrong (default: skip)',
      ).choices(['skip', 'refuse']),
    )
    .option('--no-augment', 'do not vary the images at random')
    .option('--upside-down', 'vary them by turning them upside down too: for images that have no up')
    .option(
      '--mosaic <share>',
      'how often four images are joined into one, 0 to 1 (default: 0.3)',
      numberFrom(0, 1),
    );
}

export const objectDetection: CliTask = {
  description: 'find objects on a picture, and put a box around each',
  trainExamples: [
    'modelwright train object-detection --data shapes --epochs 30 --out models/shapes',
    'modelwright train object-detection --data VOC2007/ --image-size 320 --out models/voc',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainObjectDetector } = await import('modelwright/tasks');
    return trainObjectDetector({ ...parsed<ObjectDetectionTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateObjectDetector } = await import('modelwright/tasks');
    return evaluateObjectDetector({ model, ...options });
  },
  input: 'file',
  async openPredictor(directory) {
    const { openModel } = await import('modelwright/saved');
    const { detectObjects } = await import('modelwright/tasks');
    const model = await openModel(directory);
    return {
      async predict(source, _top, { threshold }) {
        const { width, height, detections, draw } = await detectObjects(model, source, { threshold });
        const lines = detections.map(({ label, score, box }) => {
          return `${score.toFixed(2)}  ${label}  ${box.map((value) => Math.round(value)).join(' ')}`;
        });
        const text = lines.length > 0 ? lines.join('\n') : 'nothing found';
        return { json: { width, height, detections }, text, picture: { suffix: 'boxes', draw } };
      },
      release: () => model.release(),
    };
  },
};
