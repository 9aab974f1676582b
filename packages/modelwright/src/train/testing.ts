// For tests: small data, small models, and a training long enough to be broken off.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { entries } from '../graph/tree.js';
import {
  accuracy,
  activation,
  adam,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  fit,
  flatten,
  type Layer,
  ReduceOnPlateau,
  sequential,
  type TrainedModel,
} from '../index.js';

/** Noisy grey pictures, uint8 [1, 6, 6], of one bright row: of which is the class, 0 .. 2. */
export function bars(count: number): Dataset {
  const random = new Random(11);
  const input = new NdArray('uint8', [count, 1, 6, 6]);
  const target = new NdArray('int32', [count]);
  for (let i = 0; i < count; i++) {
    const row = i % 3;
    target.data[i] = row;
    for (let p = 0; p < 36; p++)
      input.data[36 * i + p] = random.integer(0, 90) + (Math.floor(p / 12) === row ? 120 : 0);
  }
  return Dataset.fromArrays({ input, target });
}

/** Examples for a line through the origin: float32 [1] inputs of 1, each with this target. */
export function ones(count: number, target: number): Dataset {
  return Dataset.fromArrays({
    input: new NdArray('float32', [count, 1], new Float32Array(count).fill(1)),
    target: new NdArray('float32', [count, 1], new Float32Array(count).fill(target)),
  });
}

/** A convolutional network without dropout or batch normalisation. */
export const plainNetwork = (): Layer =>
  sequential(conv2d(4, 3, { activation: 'relu' }), flatten(), dense(8, { activation: 'tanh' }), dense(3));

/** One weight and no bias. */
export const oneWeight = (): Layer => sequential(dense(1, { bias: false }));

/** `oneWeight` with this weight, or a dense layer with these weights. */
export function denseVariables(weight: number | readonly (readonly number[])[]): FitOptions['variables'] {
  return {
    parameters: { '0': { weight: NdArray.from(typeof weight === 'number' ? [[weight]] : weight) } },
    state: {},
  };
}

/** All parameters and state of a model, one after another. */
export function valuesOf({ variables: { parameters, state } }: Pick<TrainedModel, 'variables'>): number[] {
  return [...entries<NdArray>(parameters), ...entries<NdArray>(state)].flatMap(([, array]) =>
    array.toNumbers(),
  );
}

/** What a training measured, without how long it took. */
export function measuredBy({ history }: TrainedModel): object[] {
  return history.epochs.map(({ seconds: _seconds, ...record }) => record);
}

/** `longTraining` stopped in its middle, at the fourth of nine steps; its checkpoint is kept in the folder. */
export function stoppedTraining(directory: string, options: Partial<FitOptions> = {}): Promise<TrainedModel> {
  const stop = new AbortController();
  const stopAtFour = ({ step }: { step: number }): void => {
    if (step === 4) stop.abort();
  };
  return longTraining({
    ...{ ...options, signal: stop.signal },
    ...{ checkpoint: { directory }, callbacks: [{ onStepEnd: stopAtFour }] },
  });
}

/** An empty folder that goes away after the test. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A training with everything that could differ after an interruption: dropout, batch normalisation, shuffling, random
 * augmentation, validation, accumulation, clipping, a running average, a plateau. Three epochs of three steps.
 */
export function longTraining(options: Partial<FitOptions> = {}): Promise<TrainedModel> {
  const data = bars(40).map(({ input, target }, { random }) => ({
    input: new NdArray(
      'uint8',
      input!.shape,
      (input!.data as Uint8Array<ArrayBuffer>).map((x) => x + random.integer(0, 40)),
    ),
    target: target!,
  }));
  const model = sequential(
    conv2d(4, 3),
    batchNorm(),
    activation('relu'),
    flatten(),
    dropout(0.3),
    dense(8, { activation: 'relu' }),
    dense(3),
  );
  return fit(model, data, {
    loss: crossEntropy,
    optimizer: adam(0.02),
    metrics: [accuracy],
    epochs: 3,
    batchSize: 4,
    validation: 0.2,
    accumulate: 3,
    clipNorm: 1,
    average: 0.8,
    seed: 1,
    workers: 2,
    reduceOnPlateau: new ReduceOnPlateau({ patience: 0 }),
    progress: false,
    ...options,
  });
}
