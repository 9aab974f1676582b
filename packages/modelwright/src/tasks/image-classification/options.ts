import type { NamePattern } from '../../nn/names.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to train an image classifier. What is left out takes the task's default. */
export interface ImageClassificationTrainOptions extends NetworkTrainOptions {
  /** A folder with one folder of images for each class, or the name of a dataset of the catalogue, such as `digits`. */
  readonly data: string;
  /** Name of the network, such as `small-cnn`. */
  readonly model?: string | undefined;
  /** Height and width that images are brought to, in pixels. */
  readonly imageSize?: number | undefined;
  /** A model to start from: the folder of a saved one, or an ONNX file. Its last layer is replaced by a fresh one. */
  readonly from?: string | undefined;
  /** Parameters of that model which stay as they are, by name: `*` for all of them. The new last layer is trained always. */
  readonly freeze?: NamePattern | undefined;
  /** How many epochs are over when what is frozen begins to be trained. Default: it never is. */
  readonly unfreezeAfter?: number | undefined;
  /** What the learning rate of some parameters is multiplied with: `[['*', 0.1]]`. */
  readonly learningRateOf?: readonly (readonly [names: NamePattern, factor: number])[] | undefined;
}

/** How to measure a saved image classifier. Of a dataset of the catalogue, the part to measure on is taken. */
export type ImageClassificationEvaluateOptions = EvaluateOptions;
