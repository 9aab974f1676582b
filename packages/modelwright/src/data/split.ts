import { Random } from '../graph/random.js';
import { requireCount } from './checks.js';
import type { Example } from './collate.js';
import type { Dataset } from './dataset.js';

/** A dataset to learn from and one that is held out to measure on. */
export interface TrainTest<T = Example> {
  readonly train: Dataset<T>;
  readonly test: Dataset<T>;
}

/**
 * Cuts a list into parts: fractions such as `[0.8, 0.2]` (their sum at most 1) or counts such as `[50, 10]`.
 *
 * @throws RangeError when the parts are neither, or ask for more than there is
 */
export function cut<T>(items: ArrayLike<T>, parts: readonly number[]): T[][] {
  const sum = parts.reduce((total, part) => total + part, 0);
  const fractions = parts.every((part) => part >= 0) && sum <= 1 + 1e-9;
  if (!fractions && !(parts.every((part) => Number.isInteger(part) && part >= 0) && sum <= items.length)) {
    throw new RangeError(
      `split: the parts must be fractions with a sum of at most 1, or counts with a sum of at most ${items.length}, ` +
        `but they are [${parts.join(', ')}].`,
    );
  }
  let total = 0;
  return parts.map((part) => {
    const from = fractions ? Math.round(total * items.length) : total;
    total += part;
    return Array.from(items).slice(from, fractions ? Math.round(total * items.length) : total);
  });
}

/**
 * Splits at random such that every part has the same share of each class, up to rounding.
 *
 * @param fractions such as `[0.8, 0.2]`
 * @throws RangeError when the fractions are above 1 in sum
 */
export async function stratifiedSplit<T>(
  dataset: Dataset<T>,
  fractions: readonly number[],
  options: { readonly seed?: number } = {},
): Promise<Dataset<T>[]> {
  const random = new Random(options.seed ?? 0);
  const parts = fractions.map((): number[] => []);
  for (const indices of (await indicesByClass(dataset)).values()) {
    cut(random.shuffle(indices), fractions).forEach((chosen, part) => {
      for (const index of chosen) parts[part]!.push(index);
    });
  }
  return parts.map((indices) => dataset.select(indices.sort((a, b) => a - b)));
}

/** Holds out the n-th, 2n-th, 3n-th ... example of each class, in the dataset's order: the same ones every time. */
export async function holdOutEvery<T>(dataset: Dataset<T>, n: number): Promise<TrainTest<T>> {
  requireCount('holdOutEvery', 'n', n, 2);
  const held = new Set<number>();
  for (const indices of (await indicesByClass(dataset)).values()) {
    for (let i = n - 1; i < indices.length; i += n) held.add(indices[i]!);
  }
  const all = Array.from({ length: dataset.length }, (_, index) => index);
  return {
    train: dataset.select(all.filter((index) => !held.has(index))),
    test: dataset.select(all.filter((index) => held.has(index))),
  };
}

/** Where the examples of each class stand, classes in the order in which they first come. */
export async function indicesByClass(dataset: Dataset<unknown>): Promise<Map<number, number[]>> {
  const classes = new Map<number, number[]>();
  (await dataset.labels()).forEach((label, index) => {
    const indices = classes.get(label);
    if (indices === undefined) classes.set(label, [index]);
    else indices.push(index);
  });
  return classes;
}
