// Loops shared by the primitives' reference evaluations: plain, double precision, for constants and for tests.
import { sizeOf } from '../graph/array.js';
import { stridesOf } from '../graph/shape.js';
import type { ReferenceValue, TensorType } from '../graph/tensor.js';

/** The shape of a type whose dimensions are all known. */
export function shapeOf(type: TensorType): readonly number[] {
  return type.shape as readonly number[];
}

/** Strides that read `shape` as though it had been broadcast to `target`: 0 along stretched axes. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const offset = target.length - shape.length;
  return target.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : strides[axis - offset]!));
}

/** Calls `visit(position, offset)` for each element of `shape` in row-major order, `offset` following `strides`. */
export function forEachOffset(
  shape: readonly number[],
  strides: readonly number[],
  visit: (position: number, offset: number) => void,
  start = 0,
): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let position = 0; position < size; position++) {
    visit(position, offset);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** The elements of `value` laid out as though broadcast to `target`. */
export function broadcastTo(value: ReferenceValue, target: readonly number[]): Float64Array {
  const result = new Float64Array(sizeOf(target));
  forEachOffset(target, broadcastStrides(value.shape, target), (position, offset) => {
    result[position] = value.data[offset]!;
  });
  return result;
}

/** Offsets into `shape` of the elements that each position of the reduced array sums over. */
export function reduceAxes(
  value: ReferenceValue,
  axes: readonly number[],
  initial: number,
  combine: (accumulated: number, element: number) => number,
): Float64Array {
  const kept = value.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = new Float64Array(sizeOf(kept)).fill(initial);
  forEachOffset(value.shape, broadcastStrides(kept, value.shape), (position, offset) => {
    result[offset] = combine(result[offset]!, value.data[position]!);
  });
  return result;
}
