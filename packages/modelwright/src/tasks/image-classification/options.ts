import type { EpochRecord } from '../../report/history.js';
import type { Device } from '../../runtime/runtime.js';

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

/** What happens in a training. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      /** Name of the network. */
      readonly model: string;
      /** Number of trainable numbers. */
      readonly parameters: number;
      readonly classes: readonly string[];
      /** Examples to learn from and to validate on. */
      readonly examples: { readonly train: number; readonly validation: number };
      readonly epochs: number;
      readonly stepsPerEpoch: number;
      readonly batchSize: number;
    }
  | {
      readonly kind: 'step';
      /** Number of the epoch, from 1. */
      readonly epoch: number;
      /** Steps taken in this epoch. */
      readonly step: number;
      /** Running loss and metrics. */
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'epoch'; readonly record: EpochRecord }
  /** Something a person should know, such as files that were left out. */
  | { readonly kind: 'note'; readonly text: string };

/** What became of a training. */
export interface TrainResult {
  readonly task: string;
  /** Name of the network. */
  readonly model: string;
  /** Loss and metrics on the data held out, or else on the training data. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Wall-clock seconds. */
  readonly seconds: number;
  readonly seed: number;
  /** Epochs that were completed. */
  readonly epochs: number;
  /** Folder of the saved model. */
  readonly out: string;
}

/** How to measure a saved image classifier. */
export interface ImageClassificationEvaluateOptions {
  /** Folder of the saved model. */
  readonly model: string;
  /** As for training; of a dataset of the catalogue, the part to measure on is taken. */
  readonly data: string;
  readonly batchSize?: number | undefined;
  readonly device?: Device | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was measured. */
export interface EvaluateResult {
  readonly task: string;
  /** Folder of the saved model. */
  readonly model: string;
  readonly data: string;
  readonly examples: number;
  /** Loss and metrics by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly labels?: readonly string[];
  /** Counts `[actual class, predicted class]`. */
  readonly confusionMatrix?: readonly (readonly number[])[];
}
