import { NdArray, sizeOf } from '../../graph/array.js';

/** One array's place in a flat vector. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it begins, in elements. */
  readonly offset: number;
}

/** Where arrays lie in one flat float32 vector. Plain data: it travels between threads. */
export interface Layout {
  readonly places: readonly Place[];
  /** Elements in all, gaps included. */
  readonly size: number;
}

/** Elements in a cache line: each array begins on one, so that threads do not share lines. */
const alignment = 16;

const alignUp = (size: number): number => Math.ceil(size / alignment) * alignment;

/** Lays arrays one behind another. */
export function layOut(
  arrays: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Layout {
  let size = 0;
  const places = arrays.map(({ name, shape }) => {
    const offset = size;
    size = alignUp(size + sizeOf(shape));
    return { name, shape, offset };
  });
  return { places, size };
}

/** The arrays of a layout as views into one vector. */
export function viewsOf(layout: Layout, vector: Float32Array<ArrayBuffer>): NdArray<'float32'>[] {
  return layout.places.map(({ shape, offset }) => {
    const data = new Float32Array(vector.buffer, vector.byteOffset + 4 * offset, sizeOf(shape));
    return new NdArray('float32', shape, data);
  });
}

/** What two stretches of a vector have in common; an empty one where that is nothing. */
export function overlapOf(
  a: readonly [start: number, end: number],
  b: readonly [start: number, end: number],
): readonly [start: number, end: number] {
  const start = Math.max(a[0], b[0]);
  return [start, Math.max(start, Math.min(a[1], b[1]))];
}

/** The part of a vector of this size that one of several workers answers for: [start, end), on whole cache lines. */
export function shareOf(
  size: number,
  worker: number,
  workers: number,
): readonly [start: number, end: number] {
  const lines = Math.ceil(size / alignment);
  const edge = (index: number): number => Math.min(size, Math.floor((lines * index) / workers) * alignment);
  return [edge(worker), worker === workers - 1 ? size : edge(worker + 1)];
}
