import type { NdArray } from '../graph/array.js';
import { type Example, isExample, rowOf } from './collate.js';

/** A file that was left out of a dataset, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** What a dataset is made of: a function from (index, epoch) to an element, and what is known about it. */
export interface Source<T> {
  /** Number of elements. */
  readonly length: number;
  /** Gives one element; a function of (index, epoch) alone. */
  readonly at: (index: number, epoch: number) => T | Promise<T>;
  /** Where elements are rows of arrays `[rows, ...]`: the arrays, and each element's row. Batches are gathered from them. */
  readonly rows?: { readonly arrays: Example; readonly row: (index: number, epoch: number) => number };
  /** The class of an element, where it is known without reading the element. */
  readonly label?: (index: number, epoch: number) => number;
  /** sha256 over the content, in hexadecimal. Left out: over all elements. */
  readonly fingerprint?: () => Promise<string>;
  /** The names of the classes that integer targets stand for. */
  readonly classNames?: readonly string[] | undefined;
  /** Files that were found but left out. */
  readonly skipped?: readonly SkippedFile[];
  /** Examples in each element, where elements are batches. */
  readonly batchSize?: number | undefined;
  /** How many elements `iterate` requests ahead. */
  readonly ahead?: number;
  /** Whether the order changes from epoch to epoch. */
  readonly reordered?: boolean;
  /** How many steps this dataset is away from its origin; the default seed of the next random step. */
  readonly depth?: number;
}

/** Elements that are rows of arrays. */
export function rowSource<E extends Example>(
  arrays: E,
  row: (index: number, epoch: number) => number,
): Pick<Source<E>, 'at' | 'rows' | 'label'> {
  const { target } = arrays;
  const classes = target?.dtype === 'int32' && target.shape.length === 1 ? target.data : undefined;
  return {
    at: (index, epoch) => mapValues(arrays, (array) => rowOf(array, row(index, epoch))),
    rows: { arrays, row },
    ...(classes && { label: (index, epoch) => Number(classes[row(index, epoch)]) }),
  };
}

export function mapValues<E extends Example>(arrays: E, fn: (array: NdArray) => NdArray): E {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, fn(array)])) as E;
}

/** Which index, and which epoch where that changes too, of another source an (index, epoch) stands for. */
export type Through = [
  indexOf: (index: number, epoch: number) => number,
  epochOf?: (index: number, epoch: number) => number,
];

/** The same source seen through other indices, and other epochs where `epochOf` is given. */
export function remap<T>(
  source: Source<T>,
  length: number,
  ...[indexOf, epochOf = (_, epoch) => epoch]: Through
): Source<T> {
  const through =
    <R>(fn: (index: number, epoch: number) => R) =>
    (index: number, epoch: number): R =>
      fn(indexOf(index, epoch), epochOf(index, epoch));
  const { at, rows, label } = source;
  return {
    ...source,
    depth: (source.depth ?? 0) + 1,
    length,
    at: through(at),
    ...(rows && { rows: { arrays: rows.arrays, row: through(rows.row) } }),
    ...(label && { label: through(label) }),
  };
}

/** The class that the integer scalar `target` of an element names. */
export function labelOf(element: unknown, index: number): number {
  const target = isExample(element) ? element.target : undefined;
  if (target === undefined || target.size !== 1 || !Number.isInteger(target.item())) {
    throw new TypeError(
      `Dataset.labels: element ${index} has no 'target' that is a single whole number, so its class is unknown.`,
    );
  }
  return target.item();
}
