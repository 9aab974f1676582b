import { NdArray, sizeOf } from '../graph/array.js';
import type { DType, TypedArrayOf } from '../graph/dtype.js';
import type { Parcel } from '../runtime/parcel.js';
import { type BatchTypes, inputNamesOf, type LabelRange } from './step.js';

/** Arrays by name, the batch in front: `{ input, target }`, and `weight` [batch] where examples count differently. */
export type Batch = Readonly<Record<string, NdArray>>;

/** How many examples a batch has. */
export function batchLength(batch: Batch): number {
  const [first] = Object.values(batch);
  const length = first?.shape[0];
  if (length === undefined)
    throw new TypeError('A batch must hold arrays with the examples along their first axis.');
  return length;
}

/** The weight of each example: its own, times that of its class. */
export function exampleWeights(
  batch: Batch,
  classWeights: readonly number[] | undefined,
): Float32Array<ArrayBuffer> {
  const length = batchLength(batch);
  const weights = new Float32Array(length).fill(1);
  const { weight, target } = batch;
  if (weight) {
    if (weight.size !== length)
      throw new TypeError(`The batch has ${length} examples, but its 'weight' has ${weight.size} values.`);
    for (let i = 0; i < length; i++) weights[i] = Number(weight.data[i]);
  }
  if (classWeights) {
    if (!target || target.size !== length || target.dtype.startsWith('float')) {
      throw new TypeError('classWeights needs whole-number targets, one an example.');
    }
    for (let i = 0; i < length; i++) {
      const label = Number(target.data[i]);
      const factor = classWeights[label];
      if (factor === undefined)
        throw new RangeError(`classWeights has ${classWeights.length} weights, but a target is ${label}.`);
      weights[i]! *= factor;
    }
  }
  return weights;
}

/** The names of a batch's arrays in the order of a graph's inputs. */
function namesOf(batch: Batch): string[] {
  return [...inputNamesOf(batch), 'target'];
}

/** The types of `count` rows of a batch. */
export function rowTypes(batch: Batch, count: number): BatchTypes {
  return Object.fromEntries(
    namesOf(batch).map((name) => {
      const array = batch[name];
      if (!array) throw new TypeError(`A batch needs a '${name}': examples are { input, target }.`);
      return [name, { dtype: array.dtype, shape: [count, ...array.shape.slice(1)] }];
    }),
  );
}

/** Copies of rows of a batch, in the order of a graph's inputs, filled up with zeros to `count` rows. */
export function rowParcels(batch: Batch, start: number, end: number, count = end - start): Parcel[] {
  return namesOf(batch).map((name) => {
    const { dtype, shape, data } = batch[name]!;
    const inner = sizeOf(shape.slice(1));
    const rows = data.slice(start * inner, end * inner) as TypedArrayOf[DType];
    if (count === end - start) return { dtype, shape: [count, ...shape.slice(1)], data: rows };
    const padded = new NdArray(dtype, [count, ...shape.slice(1)]);
    (padded.data as Float32Array).set(rows as Float32Array);
    return padded;
  });
}

/** The name and shape of each array, to tell batches apart. */
export function batchKey(types: BatchTypes): string {
  return Object.entries(types)
    .map(([name, { dtype, shape }]) => `${name}:${dtype}[${shape}]`)
    .join(';');
}

/** @throws RangeError when a batch's target names a class that the model does not have */
export function requireLabels({ target }: Batch, labels: LabelRange | undefined): void {
  if (!labels || !target) return;
  const { classes, ignored } = labels;
  for (let i = 0; i < target.size; i++) {
    const label = Number(target.data[i]);
    if ((label >= 0 && label < classes) || label === ignored) continue;
    throw new RangeError(
      `A target is ${label}, but the model tells ${classes} classes apart: expected 0 to ${classes - 1}. ` +
        'Give the last layer as many units as there are classes, or look at the labels.',
    );
  }
}
