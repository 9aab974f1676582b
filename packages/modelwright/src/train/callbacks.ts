import type { Variables } from '../nn/context.js';
import type { EpochRecord, History } from '../report/history.js';

/** What a callback may do to the training that calls it. */
export interface TrainingControl {
  /** Ends the training after this epoch. */
  stop(reason?: string): void;
  /** Multiplies the learning rate from now on. */
  scaleLearningRate(factor: number): void;
  /** The model's variables as they are now. */
  variables(): Promise<Variables>;
  readonly history: History;
  /** Number of trainable numbers. */
  readonly parameters: number;
}

/** What has just happened in one step. */
export interface StepInfo {
  /** Steps taken since the training began. */
  readonly step: number;
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Steps taken in this epoch. */
  readonly stepInEpoch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Euclidean length of the gradient; NaN unless it is clipped. */
  readonly gradientNorm: number;
  /** Loss and metrics over the epoch so far. */
  metrics(): Record<string, number>;
}

/** Functions called while a training goes on. Each may be async; the training waits for it. */
export interface Callback {
  onTrainBegin?(control: TrainingControl): void | Promise<void>;
  onStepEnd?(info: StepInfo, control: TrainingControl): void | Promise<void>;
  onEpochEnd?(record: EpochRecord, control: TrainingControl): void | Promise<void>;
  onTrainEnd?(control: TrainingControl): void | Promise<void>;
}

export interface Monitor {
  /** A metric by name; that of the validation data where there is some. Default: loss. */
  readonly metric?: string;
  /** Which values are better. Default: judged by the metric's name. */
  readonly mode?: 'min' | 'max';
}

export interface EarlyStoppingOptions extends Monitor {
  /** Epochs without improvement after which the training stops. Default: 3. */
  readonly patience?: number;
  /** By how much a value must be better to count. Default: 0. */
  readonly minDelta?: number;
  /** Whether the result has the best epoch's parameters. Default: true. */
  readonly restoreBest?: boolean;
}
