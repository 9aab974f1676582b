// What the trainings and measurements of all tasks are told; each task adds its own.
import type { Device } from '../runtime/runtime.js';
import type { TrainEvent } from './events.js';

/** What becomes of an example with more tokens than the model takes. */
export type TooLong = 'truncate' | 'refuse';

/** How to train, whatever is trained. What is left out takes the task's default. */
export interface TrainOptions {
  /** What to learn from: a file, a folder, or the name of a data set that is made on this machine. */
  readonly data: string;
  /** Folder to save the model in. */
  readonly out: string;
  /** How often to go through the data. */
  readonly epochs?: number | undefined;
  /** Examples in a step. */
  readonly batchSize?: number | undefined;
  /** The highest learning rate. */
  readonly learningRate?: number | undefined;
  /** Equal seeds give equal runs. Default: 0. */
  readonly seed?: number | undefined;
  /** Whether to go on from the last checkpoint beside `out`, where there is one. */
  readonly resume?: boolean | undefined;
  /** Called as the training goes on. */
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Stops the training after the step that is running; a checkpoint is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** How to train a network. */
export interface NetworkTrainOptions extends TrainOptions {
  /** What to compute with. Default: the CPU. */
  readonly device?: Device | undefined;
  /** Seconds between two checkpoints within an epoch; there is one after each epoch and every 200 steps as well. Default: 60. */
  readonly checkpointEvery?: number | undefined;
  /** Share of the data held out to measure on, in [0, 0.5], where the data has no part for it. */
  readonly validationSplit?: number | undefined;
}

/** How to measure a saved model. */
export interface EvaluateOptions {
  /** Folder of the saved model. */
  readonly model: string;
  /** As for training. */
  readonly data: string;
  /** Examples at a time. */
  readonly batchSize?: number | undefined;
  readonly device?: Device | undefined;
}
