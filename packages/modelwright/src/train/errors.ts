import { formatShape, stridesOf } from '../graph/shape.js';
import type { Batch } from './batch.js';
import type { TrainedModel } from './trained.js';

/** The loss, or a parameter, is no longer a finite number. The training has stopped; the last epoch that ended well is kept here and on disk. */
export class NonFiniteLossError extends Error {
  /** The model as it was at the end of the last good epoch; undefined when there was none. */
  readonly lastGood: TrainedModel | undefined;

  constructor(
    what: string,
    step: number,
    epoch: number,
    batches: readonly Batch[],
    lastGood: TrainedModel | undefined,
  ) {
    const bad = batches.map(findNonFinite).find((found) => found !== undefined);
    const cause = bad
      ? `The batch holds ${bad}: clean the data.`
      : 'The data is finite, so the training diverged: lower the learning rate, or clip the gradient with clipNorm.';
    const kept = lastGood ? ` The model of epoch ${lastGood.history.epochs.length} is kept.` : '';
    super(`${what} at step ${step} (epoch ${epoch}). ${cause}${kept}`);
    this.name = 'NonFiniteLossError';
    this.lastGood = lastGood;
  }
}

/** Where a batch holds something that is not a finite number, in words. */
function findNonFinite(batch: Batch): string | undefined {
  for (const [name, { dtype, shape, data }] of Object.entries(batch)) {
    if (dtype !== 'float32' && dtype !== 'float64') continue;
    const position = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
    if (position < 0) continue;
    const strides = stridesOf(shape);
    const index = shape.map((size, axis) => Math.floor(position / strides[axis]!) % size);
    return `${data[position]} in '${name}' at ${formatShape(index)}`;
  }
  return undefined;
}
