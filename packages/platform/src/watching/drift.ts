// How far what comes to a model is from what it was trained on: numbers drawn from inputs and outputs, and how they are spread.
import type { NdArray } from 'modelwright/runtime';

/** Numbers of examples, by what they are of, such as `image.mean`. */
export type Features = Readonly<Record<string, readonly number[]>>;

/** Rows that are no longer than this are looked at number by number. */
const mostNumbers = 32;

/**
 * What is looked at of arrays `[examples, ...]`: of an example with few numbers each of them, `name[i]`; of others `name.mean`,
 * `name.deviation` and `name.size`.
 */
export function featuresOf(arrays: Readonly<Record<string, NdArray>>): Features {
  const features: Record<string, number[]> = {};
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const examples = shape[0] ?? 0;
    if (shape.length === 0 || examples === 0) continue;
    const size = data.length / examples;
    for (let example = 0; example < examples; example++) {
      const row = data.subarray(example * size, (example + 1) * size);
      for (const [part, value] of partsOf(row)) {
        features[`${name}${part}`] ??= [];
        features[`${name}${part}`]!.push(value);
      }
    }
  }
  return features;
}

function partsOf(row: ArrayLike<number | bigint>): [part: string, value: number][] {
  const count = row.length;
  if (count <= mostNumbers) return Array.from({ length: count }, (_, i) => [`[${i}]`, Number(row[i])]);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    const value = Number(row[i]);
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  return [
    ['.mean', mean],
    ['.deviation', Math.sqrt(Math.max(0, squares / count - mean * mean))],
    ['.size', count],
  ];
}

/** A fair sample of numbers that come one after another: each is in it with the same chance (Vitter, 1985, algorithm R). */
export class Reservoir {
  readonly values: number[] = [];
  #seen = 0;
  readonly #size: number;
  readonly #random: () => number;

  constructor(size = 2000, random: () => number = Math.random) {
    this.#size = size;
    this.#random = random;
  }

  /** How many numbers came. */
  get seen(): number {
    return this.#seen;
  }

  add(value: number): void {
    this.#seen++;
    if (this.values.length < this.#size) this.values.push(value);
    else {
      const place = Math.floor(this.#random() * this.#seen);
      if (place < this.#size) this.values[place] = value;
    }
  }
}

/** How numbers are spread. */
export interface Spread {
  /** Borders between the bins, rising; a number on a border belongs to the bin above. */
  readonly borders: readonly number[];
  /** How many numbers lie in each bin: one more than there are borders. */
  readonly counts: readonly number[];
}

/** How numbers are spread over bins that hold a tenth of them each; bins of numbers that repeat are joined, and what is always the same has one of its own. */
export function spreadOf(values: readonly number[], bins = 10): Spread {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const borders: number[] = [];
  for (let i = 1; i < bins; i++) {
    const border = sorted[Math.floor((i * sorted.length) / bins)];
    if (border !== undefined && border > (borders.at(-1) ?? sorted[0]!)) borders.push(border);
  }
  const [only] = sorted;
  if (borders.length === 0 && only !== undefined)
    borders.push(only, only + Math.max(1, Math.abs(only)) * 1e-9);
  const counts = countsOf(borders, sorted);
  return { borders, counts };
}

/** How many numbers lie in each bin; what is no number lies in the last. */
export function countsOf(borders: readonly number[], values: readonly number[]): number[] {
  const counts = new Array<number>(borders.length + 1).fill(0);
  for (const value of values) counts[binOf(borders, value)]!++;
  return counts;
}

function binOf(borders: readonly number[], value: number): number {
  const bin = borders.findIndex((border) => value < border);
  return bin === -1 ? borders.length : bin;
}

/**
 * The population stability index of what is found against what was expected: `sum (f - e) ln(f / e)` over the shares of the bins. Below
 * 0.1 nothing has changed, above 0.2 much. Each bin gets half an example more, so that an empty one counts.
 */
export function stabilityIndex(expected: readonly number[], found: readonly number[]): number {
  const shares = (counts: readonly number[]): number[] => {
    const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
    return counts.map((count) => (count + 0.5) / total);
  };
  const [e, f] = [shares(expected), shares(found)];
  return e.reduce((sum, share, i) => sum + (f[i]! - share) * Math.log(f[i]! / share), 0);
}
