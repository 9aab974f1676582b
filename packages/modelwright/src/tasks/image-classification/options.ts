import type { Device } from '../../runtime/runtime.js';
import type { TrainEvent } from '../events.js';

/** How to train an image classifier. What is left out takes the task's default. */
export interface ImageClassificationTrainOptions {
  /** A folder with one folder of images for each class, or the name of a dataset of the catalogue, such as `digits`. */
  readonly data: string;
  /** Folder to save the model in. */
  readonly out: string;
  /** Name of the network, such as `small-cnn`. */
  readonly model?: string | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Equal seeds give equal runs. */
  readonly seed?: number | undefined;
  readonly device?: Device | undefined;
  /** Height and width that images are brought to, in pixels. */
  readonly imageSize?: number | undefined;
  /** Share of the training data that is held out to validate on, in [0, 1). */
  readonly validationSplit?: number | undefined;
  /** Whether to go on from the last checkpoint in `out`, where there is one. */
  readonly resume?: boolean | undefined;
  /** Called as the training goes on. */
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Stops the training after the step that is running; a checkpoint is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** How to measure a saved image classifier. */
export interface ImageClassificationEvaluateOptions {
  /** Folder of the saved model. */
  readonly model: string;
  /** As for training; of a dataset of the catalogue, the part to measure on is taken. */
  readonly data: string;
  readonly batchSize?: number | undefined;
  readonly device?: Device | undefined;
}
