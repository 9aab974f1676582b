// How a task trains its network: with checkpoints beside the model's folder, and events that tell how it goes.
import { rm } from 'node:fs/promises';
import type { Dataset } from '../data/dataset.js';
import type { Layer } from '../nn/layer.js';
import type { Callback } from '../train/callbacks.js';
import { fit } from '../train/fit.js';
import type { FitOptions } from '../train/options.js';
import { TrainedModel } from '../train/trained.js';
import type { TrainEvent, TrainResult } from './events.js';
import type { NetworkTrainOptions, TrainOptions } from './options.js';

/** What is told of a training when it begins. */
export interface TrainingDescription {
  /** Name of the network. */
  readonly model: string;
  /** Names of the classes; none where nothing is classified. */
  readonly classes?: readonly string[];
  /** Examples to learn from and to validate on. */
  readonly examples: { readonly train: number; readonly validation: number };
}

/** What a task tells `fit` beyond what follows from the user's options. */
export interface NetworkFitOptions
  extends Omit<FitOptions, 'progress' | 'checkpoint' | 'device' | 'signal' | 'epochs'> {
  readonly epochs: number;
  readonly batchSize: number;
}

const stepsBetweenCheckpoints = 200;

/**
 * Trains a network as the user's options say. An interrupted training leaves a checkpoint beside the model's folder, and `resume`
 * goes on from it.
 */
export function trainNetwork(
  model: Layer,
  train: Dataset,
  settings: NetworkFitOptions,
  { options, ...about }: TrainingDescription & { readonly options: NetworkTrainOptions },
): Promise<TrainedModel> {
  const { onEvent, device, signal, resume = false, seed = 0, out, checkpointEvery = 60 } = options;
  const { epochs, batchSize, callbacks = [] } = settings;
  const stepsPerEpoch = train.batchSize === undefined ? Math.ceil(train.length / batchSize) : train.length;
  const told = onEvent ? [eventsOf(onEvent, { ...about, epochs, batchSize, stepsPerEpoch })] : [];
  return fit(model, train, {
    seed,
    ...settings,
    progress: false,
    checkpoint: {
      directory: checkpointsOf(out),
      resume,
      everySteps: stepsBetweenCheckpoints,
      everySeconds: checkpointEvery,
    },
    callbacks: [...told, ...callbacks],
    ...(device && { device }),
    ...(signal && { signal }),
  });
}

/** Passes on what happens in a training. */
function eventsOf(
  onEvent: (event: TrainEvent) => void,
  {
    classes = [],
    ...about
  }: TrainingDescription & {
    readonly epochs: number;
    readonly batchSize: number;
    readonly stepsPerEpoch: number;
  },
): Callback {
  return {
    onTrainBegin: ({ parameters }) => onEvent({ kind: 'start', classes, parameters, ...about }),
    onStepEnd: ({ epoch, stepInEpoch, metrics }) =>
      onEvent({ kind: 'step', epoch, step: stepInEpoch, metrics: metrics() }),
    onEpochEnd: (record) => onEvent({ kind: 'epoch', record }),
  };
}

/** Where checkpoints are kept while a model is trained. */
export const checkpointsOf = (out: string): string => `${out}.checkpoints`;

/** What a task tells of a training that is over and saved. */
export interface Finished extends Pick<TrainResult, 'task' | 'model' | 'metrics' | 'epochs'> {
  /** When it began, by performance.now(). */
  readonly started: number;
}

/** Ends a training whose model is saved: its checkpoints go, unless it was interrupted. */
export async function finishTraining(
  { out, seed = 0, signal }: TrainOptions,
  { started, ...result }: Finished,
): Promise<TrainResult> {
  if (!signal?.aborted) await rm(checkpointsOf(out), { recursive: true, force: true });
  return { ...result, seed, out, seconds: (performance.now() - started) / 1000 };
}

/** The same model for inputs of any length: the second axis of these arrays is open, and called `time`. */
export function withOpenTime(trained: TrainedModel, names: readonly string[]): TrainedModel {
  const batchTypes = Object.fromEntries(
    Object.entries(trained.batchTypes).map(([name, type]) => {
      const [batch, , ...rest] = type.shape;
      return [name, names.includes(name) ? { ...type, shape: [batch!, 'time', ...rest] } : type];
    }),
  );
  return new TrainedModel({ ...trained, batchTypes });
}
