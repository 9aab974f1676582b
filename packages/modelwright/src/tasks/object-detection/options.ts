import type { OnProblem } from '../../data/detection/index.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to train a detector of objects. What is left out takes the task's default. */
export interface ObjectDetectionTrainOptions extends NetworkTrainOptions {
  /** A folder laid out as Pascal VOC's, COCO's or YOLO's, a COCO `.json`, a YOLO `.yaml`, or `shapes`, which is drawn here. */
  readonly data: string;
  /** Name of the network. Default: `fcos`. */
  readonly model?: string | undefined;
  /** The longer side that images are brought to, in pixels. Default: that of the images, but no more than 320. */
  readonly imageSize?: number | undefined;
  /** Whether to go on without annotations that are wrong, or to refuse the data. Default: 'skip'. */
  readonly onProblem?: OnProblem | undefined;
  /** Whether images are varied at random: mirrored, scaled, moved, recoloured. Default: true. */
  readonly augment?: boolean | undefined;
  /** Whether they are also turned upside down, for images that have no up. Default: false. */
  readonly upsideDown?: boolean | undefined;
  /** How often an image is joined with three others into a mosaic, 0 .. 1. Default: 0.3. */
  readonly mosaic?: number | undefined;
}

/** How to measure a saved detector. */
export interface ObjectDetectionEvaluateOptions extends EvaluateOptions {
  /** As for training; of data in parts the test part is taken, else the part for validation. */
  readonly data: string;
  readonly onProblem?: OnProblem | undefined;
}
