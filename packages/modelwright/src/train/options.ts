import type { Dataset } from '../data/dataset.js';
import type { Tensor } from '../graph/tensor.js';
import type { TensorTree, Variables } from '../nn/context.js';
import type { Layer } from '../nn/layer.js';
import type { Loss } from '../nn/losses/index.js';
import type { Metric } from '../nn/metrics/index.js';
import type { NamePattern } from '../nn/names.js';
import type { Optimizer, ReduceOnPlateau } from '../optim/index.js';
import type { Device } from '../runtime/runtime.js';
import type { Callback, EarlyStoppingOptions, Monitor } from './callbacks.js';
import type { Unfreezing } from './held.js';

export interface CheckpointOptions {
  /** The folder to keep checkpoints in; made when it is not there. */
  readonly directory: string;
  /** A checkpoint after this many steps, beside the one at the end of each epoch. Default: none. */
  readonly everySteps?: number;
  /** A checkpoint after the first step that ends so many seconds after the last one. Default: none. */
  readonly everySeconds?: number;
  /** Whether to go on from the checkpoint in the folder, if there is one. Default: false. */
  readonly resume?: boolean;
}

/**
 * A step of another kind, which trains another part of the parameters on the same batches: how a network and its adversary take turns.
 * It is taken after a step of the training's own, and sees what that has changed.
 */
export interface AlternateStep {
  /** In the history its loss is called by this name: `generator` makes `generatorLoss`. */
  readonly name: string;
  /** Called with the variables of the training's model, which this one must fit. */
  readonly model: Layer;
  readonly loss: Loss;
  /** The part of the parameters it trains: a name at the top of their tree. */
  readonly trains: string;
  /** After how many steps of the training's own it is taken. Default: 1. */
  readonly every?: number;
  /** What the learning rate is multiplied by. Default: 1. */
  readonly learningRateFactor?: number;
}

export interface FitOptions {
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Passes over the data. Default: 1. */
  readonly epochs?: number;
  /** Examples a step, for data that is not batched already. Default: 32. */
  readonly batchSize?: number;
  /** The part of the parameters that the loss trains: a name at the top of their tree. Default: all. */
  readonly trains?: string;
  /** Steps of other kinds, which take turns with the training's own. Without metrics, which belong to one kind. */
  readonly alternates?: readonly AlternateStep[];
  /** Measured on the training data as it goes by, and on the validation data after each epoch. */
  readonly metrics?: readonly Metric[];
  /** Data to validate on, or the share of the training data to hold out for it. */
  readonly validation?: Dataset | number;
  /**
   * Measures what a metric over batches cannot, after each epoch, on the variables reached (their average, where one is kept). What it gives
   * is recorded with the validation's metrics.
   */
  readonly measure?: (variables: Variables, epoch: number) => Promise<Readonly<Record<string, number>>>;
  /** Equal seeds give equal trainings. Default: 0. */
  readonly seed?: number;
  /** Whether each epoch goes through the data in a new order. Default: true. */
  readonly shuffle?: boolean;
  /** Start from these parameters instead of fresh ones. */
  readonly variables?: Variables;
  /**
   * Parameters that stay as they are, by name: `'0.*'`, a regular expression, or several. They cost no gradient, and layers in which
   * everything is frozen compute as in prediction: their running statistics stay too. Default: none.
   */
  readonly freeze?: NamePattern;
  /** Frozen parameters that are trained after some epochs: `[{ after: 2, names: '0.7.*' }, { after: 4, names: '*' }]`. */
  readonly unfreeze?: readonly Unfreezing[];
  /** What the learning rate of some parameters is multiplied with: `[['0.*', 0.1]]`; the first pattern that fits counts. */
  readonly learningRateOf?: readonly (readonly [names: NamePattern, factor: number])[];
  /** Batches whose gradients are added up for one step. Default: 1. */
  readonly accumulate?: number;
  /** The largest Euclidean length of the whole gradient; longer ones are shortened to it. */
  readonly clipNorm?: number;
  /** The largest absolute value of any element of the gradient. */
  readonly clipValue?: number;
  /** Added to the loss: a function of the parameters, such as `l2(1e-4)`. */
  readonly penalty?: (parameters: TensorTree) => Tensor;
  /** How much each class counts, by its number. */
  readonly classWeights?: readonly number[];
  /** Keep an exponential average of the parameters with this decay; validation and the result use it. */
  readonly average?: number;
  /** Stop when the validation no longer gets better. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Give the result the parameters of the epoch that was best by this, not of the last one. */
  readonly keepBest?: Monitor;
  /** Lower the learning rate when the validation no longer gets better. */
  readonly reduceOnPlateau?: ReduceOnPlateau;
  readonly checkpoint?: CheckpointOptions;
  readonly callbacks?: readonly Callback[];
  /** One epoch of two batches, and two of validation: to see that everything fits. Default: false. */
  readonly fastDevRun?: boolean;
  /** Default: 'cpu'. */
  readonly device?: Device;
  /** Parts each batch is split into, each on a thread of its own. Default: chosen from the network and the cores. */
  readonly workers?: number;
  /** Whether to show progress on the terminal. Default: true. */
  readonly progress?: boolean;
  readonly language?: 'en' | 'zh';
  /** Ends the training when it fires; what is reached by then is returned. */
  readonly signal?: AbortSignal;
}
