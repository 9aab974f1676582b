import type { Dataset } from '../data/dataset.js';
import { NdArray, sizeOf } from '../graph/array.js';
import type { Metric } from '../nn/metrics/index.js';
import type { Device } from '../runtime/runtime.js';
import { type Batch, batchLength } from './batch.js';
import { noTotals, summarizeTotals, TrainingSession } from './session.js';
import type { TrainedModel } from './trained.js';

export interface EvaluateOptions {
  /** Default: the metrics the model was trained with. */
  readonly metrics?: readonly Metric[];
  /** Examples at a time, for data that is not batched already. Default: 128. */
  readonly batchSize?: number;
  readonly device?: Device;
  /** Called with what the network gives for each batch, in any order: logits for a classifier. */
  readonly onPredictions?: (predictions: NdArray, batch: Batch) => void;
  /** Called after each batch with the number of examples done. */
  readonly onProgress?: (examples: number) => void;
}

/** The loss and the metrics of a model on some data: `{ loss, accuracy }`. */
export async function evaluate(
  trained: TrainedModel,
  data: Dataset,
  options: EvaluateOptions = {},
): Promise<Record<string, number>> {
  const metrics = options.metrics ?? trained.metrics;
  const batches = batchesOf(data, options.batchSize);
  const session = await openForEvaluation(trained, metrics, (await batches.at(0)) as Batch, options.device);
  try {
    return await evaluateWith(session, batches, metrics, options);
  } finally {
    await session.close();
  }
}

const batchesOf = (data: Dataset, batchSize = 128): Dataset =>
  data.batchSize === undefined ? data.batch(Math.min(batchSize, data.length)) : data;

function openForEvaluation(
  trained: TrainedModel,
  metrics: readonly Metric[],
  sample: Batch,
  device?: Device,
): Promise<TrainingSession> {
  const { model, variables, loss } = trained;
  return TrainingSession.open({ model, variables, loss, metrics, seed: 0, device }, sample);
}

interface PassOptions {
  readonly averaged?: boolean;
  readonly batchSize?: number;
  readonly onProgress?: ((examples: number) => void) | undefined;
  readonly onPredictions?: ((predictions: NdArray, batch: Batch) => void) | undefined;
}

/** One pass over some data in a session that is open: two batches a worker are on their way at any time. */
export async function evaluateWith(
  session: TrainingSession,
  data: Dataset,
  metrics: readonly Metric[],
  options: PassOptions = {},
): Promise<Record<string, number>> {
  const batches = batchesOf(data, options.batchSize);
  if (batches.length === 0) throw new RangeError('evaluate: there are no examples.');
  const totals = noTotals();
  const underway: Promise<void>[] = [];
  const rows = batchLength((await batches.at(0)) as Batch);
  let done = 0;
  try {
    for await (const batch of batches.iterate({ prefetch: 2 })) {
      const work = session
        .evaluate(batch, Math.max(rows, batchLength(batch)), totals, {
          predictions: options.onPredictions !== undefined,
          averaged: options.averaged ?? false,
        })
        .then((predictions) => {
          if (predictions) options.onPredictions?.(firstRows(predictions, batchLength(batch)), batch);
          done += batchLength(batch);
          options.onProgress?.(done);
        });
      underway.push(work);
      work.catch(() => undefined);
      while (underway.length >= 2 * session.workers) await underway.shift();
    }
    while (underway.length > 0) await underway.shift();
  } finally {
    await Promise.allSettled(underway);
  }
  return summarizeTotals(totals, metrics);
}

/** The first rows of an array: a last batch is filled up to the size of the others. */
function firstRows(array: NdArray, rows: number): NdArray {
  const [all, ...inner] = array.shape;
  if (all === rows) return array;
  return new NdArray(
    array.dtype,
    [rows, ...inner],
    array.data.subarray(0, rows * sizeOf(inner)) as typeof array.data,
  );
}
