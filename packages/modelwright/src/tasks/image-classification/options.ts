import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to train an image classifier. What is left out takes the task's default. */
export interface ImageClassificationTrainOptions extends NetworkTrainOptions {
  /** A folder with one folder of images for each class, or the name of a dataset of the catalogue, such as `digits`. */
  readonly data: string;
  /** Name of the network, such as `small-cnn`. */
  readonly model?: string | undefined;
  /** Height and width that images are brought to, in pixels. */
  readonly imageSize?: number | undefined;
}

/** How to measure a saved image classifier. Of a dataset of the catalogue, the part to measure on is taken. */
export type ImageClassificationEvaluateOptions = EvaluateOptions;
