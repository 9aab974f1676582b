// What trainings and measurements tell, the same for every task.
import type { EpochRecord } from '../report/history.js';

/** What happens in a training. */
export type TrainEvent =
  | {
      readonly kind: 'start';
      /** Name of the network, or of the method. */
      readonly model: string;
      /** Number of trainable numbers. */
      readonly parameters: number;
      /** Names of the classes; none where nothing is classified. */
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
