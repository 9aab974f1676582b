// What is asked of a training before its first step.
import type { Dataset } from '../data/dataset.js';
import { requireWhole } from '../nn/checks.js';
import type { Layer } from '../nn/layer.js';
import { layerToJson } from '../nn/registry.js';
import { type Batch, batchLength, rowTypes } from './batch.js';
import type { FitOptions } from './options.js';
import { type StepSpec, traceEvaluation } from './step.js';

/**
 * @throws RangeError for a count of epochs, examples, batches, steps, seconds or workers that is none
 * @throws TypeError for metrics beside steps of several kinds
 */
export function requireCounts({
  epochs,
  batchSize,
  accumulate,
  workers,
  checkpoint,
  ...others
}: FitOptions): void {
  const { alternates = [], metrics = [] } = others;
  for (const { every = 1 } of alternates) requireWhole('fit', 'every', every);
  if (alternates.length > 0 && metrics.length > 0) {
    throw new TypeError(
      'fit: where steps of several kinds take turns, metrics have no one model to measure: use `measure`.',
    );
  }
  const counts = { epochs, batchSize, accumulate, workers, everySteps: checkpoint?.everySteps };
  for (const [name, count] of Object.entries(counts))
    if (count !== undefined) requireWhole('fit', name, count);
  const { everySeconds } = checkpoint ?? {};
  if (everySeconds !== undefined && !(everySeconds > 0))
    throw new RangeError(`fit: everySeconds should be a number above 0, but it is ${everySeconds}.`);
}

/** @throws TypeError when the model, the loss or the metrics do not fit the validation data */
export async function requireMeasurable(held: Dataset, spec: StepSpec): Promise<void> {
  const sample = (await (held.batchSize === undefined ? held.batch(1) : held).at(0)) as Batch;
  try {
    traceEvaluation(spec, rowTypes(sample, batchLength(sample)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`The validation data does not fit: ${reason}`, { cause });
  }
}

/** A model in a line, to tell whether a checkpoint is of the same one. */
export function describeModel(model: Layer): string {
  try {
    return JSON.stringify(layerToJson(model));
  } catch {
    return model.type;
  }
}
