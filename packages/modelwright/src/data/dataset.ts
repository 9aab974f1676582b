import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { requireCount } from './checks.js';
import { type Example, gatherRows, isExample, stackExamples } from './collate.js';
import { ContentHash } from './fingerprint.js';
import {
  labelOf,
  mapValues,
  remap,
  rowSource,
  type SkippedFile,
  type Source,
  type Through,
} from './source.js';
import { cut } from './split.js';

/** What a function given to `map` learns beside the element. */
export interface MapContext {
  /** A generator for this (seed, epoch, index) alone: what it draws does not depend on order or on other elements. */
  readonly random: Random;
  readonly index: number;
  readonly epoch: number;
}

export interface IterateOptions {
  /** Which pass over the data; 0 by default. */
  readonly epoch?: number;
  /** Index of the first element to give: an interrupted epoch goes on where it stopped. */
  readonly from?: number;
  /** Elements to request ahead of the consumer; by default what `prefetch` set, else 0. */
  readonly prefetch?: number;
}

/**
 * A lazy sequence of elements, each a function of (epoch, index).
 *
 * Nothing is computed before it is asked for, every element can be read at random, the same question always gets
 * the same answer, and a position is just (epoch, index): exact resume needs nothing else.
 *
 *     const batches = Dataset.fromArrays({ input, target }).shuffle(7).batch(64).prefetch(2);
 *     for await (const { input, target } of batches.iterate({ epoch: 3 })) { ... }
 */
export class Dataset<T = Example> implements AsyncIterable<T> {
  readonly #source: Source<T> & { readonly fingerprint: () => Promise<string> };

  constructor(source: Source<T>) {
    let known: Promise<string> | undefined;
    const fingerprint = (): Promise<string> => {
      known ??= source.fingerprint?.() ?? this.#hashElements();
      return known;
    };
    this.#source = { ...source, fingerprint };
  }

  /** A dataset of these items. */
  static from<T>(items: readonly T[]): Dataset<T> {
    return new Dataset({ length: items.length, at: (index) => items[index]! });
  }

  /**
   * A dataset of the rows of arrays: `{ input: [n, ...], target: [n, ...] }` gives n elements `{ input: [...], target: [...] }`.
   *
   * @throws RangeError when the arrays do not have the same number of rows
   */
  static fromArrays<E extends Example>(arrays: E): Dataset<E> {
    const entries = Object.entries(arrays);
    const length = entries[0]?.[1].shape[0];
    for (const [name, { shape }] of entries) {
      if (length === undefined || shape[0] !== length) {
        const shapes = entries.map(([each, array]) => `${each} [${array.shape.join(', ')}]`).join(', ');
        throw new RangeError(
          `Dataset.fromArrays: the first axis counts the examples and must be equal in all arrays, but '${name}' ` +
            `differs: ${shapes}.`,
        );
      }
    }
    if (length === undefined) throw new RangeError('Dataset.fromArrays: at least one array is needed.');
    return new Dataset<E>({
      ...rowSource<E>(arrays, (index) => index),
      length,
      fingerprint: () => {
        const hash = new ContentHash();
        for (const [name, array] of entries) hash.add(name).add(array);
        return hash.digest();
      },
    });
  }

  /** A dataset whose elements are computed. `make` must be a function of (index, epoch) alone. */
  static generate<T>(length: number, make: (index: number, epoch: number) => T | Promise<T>): Dataset<T> {
    requireCount('Dataset.generate', 'length', length, 0);
    return new Dataset({ length, at: make });
  }

  /** Number of elements; of batches, once `batch` was applied. */
  get length(): number {
    return this.#source.length;
  }

  /** Examples in each batch; undefined where elements are single examples. */
  get batchSize(): number | undefined {
    return this.#source.batchSize;
  }

  /** The names of the classes that integer targets stand for, where known. */
  get classNames(): readonly string[] | undefined {
    return this.#source.classNames;
  }

  /** Files that were found but left out, with the reason. */
  get skipped(): readonly SkippedFile[] {
    return this.#source.skipped ?? [];
  }

  /**
   * The element at `index` in the given epoch.
   *
   * @throws RangeError when there is no such element
   */
  at(index: number, epoch = 0): T | Promise<T> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(
        `Dataset.at: there is no element ${index}; the dataset has ${this.length} elements.`,
      );
    }
    return this.#source.at(index, epoch);
  }

  /** The elements of one epoch in order. An element's error is thrown when that element is due, not before. */
  async *iterate(options: IterateOptions = {}): AsyncGenerator<T, void, undefined> {
    const { epoch = 0, from = 0, prefetch = this.#source.ahead ?? 0 } = options;
    requireCount('Dataset.iterate', 'from', from, 0);
    requireCount('Dataset.iterate', 'prefetch', prefetch, 0);
    const request = async (index: number): Promise<T> => this.at(index, epoch);
    const pending: Promise<T>[] = [];
    for (let next = from; ; ) {
      while (next < this.length && pending.length <= prefetch) {
        const element = request(next++);
        element.catch(() => {}); // reported below, when its turn comes
        pending.push(element);
      }
      const element = pending.shift();
      if (element === undefined) return;
      yield await element;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.iterate();
  }

  /**
   * Applies a function to every element. `random` is seeded by (seed, epoch, index), so that augmentation is
   * reproducible and does not depend on the order of reading.
   *
   * @param options.seed by default the number of steps before this one, so that two maps draw different numbers
   */
  map<U>(
    fn: (element: T, context: MapContext) => U | Promise<U>,
    options: { seed?: number } = {},
  ): Dataset<U> {
    const seed = options.seed ?? this.#source.depth ?? 0;
    const { rows: _rows, label: _label, ...rest } = this.#source;
    return new Dataset<U>({
      ...rest,
      depth: (rest.depth ?? 0) + 1,
      at: (index, epoch) => {
        const context: MapContext = { random: new Random(seed, epoch, index), index, epoch };
        const element = this.#source.at(index, epoch);
        return element instanceof Promise
          ? element.then((value) => fn(value, context))
          : fn(element, context);
      },
    });
  }

  /** A new order each epoch, made from (seed, epoch). */
  shuffle(seed = 0): Dataset<T> {
    const orders = new Map<number, Int32Array>();
    const orderOf = (epoch: number): Int32Array => {
      let order = orders.get(epoch);
      if (order === undefined) {
        order = new Random(seed, epoch).permutation(this.length);
        if (orders.size === 4) orders.delete(orders.keys().next().value!);
        orders.set(epoch, order);
      }
      return order;
    };
    const shuffled = remap(this.#source, this.length, (index, epoch) => orderOf(epoch)[index]!);
    return new Dataset({ ...shuffled, reordered: true });
  }

  /** Groups of `size` elements, stacked along a new first axis `[batch, ...]`. The last may be smaller. */
  batch(size: number, options?: { readonly dropLast?: boolean }): Dataset<T>;
  /** Groups of `size` elements, joined by a function. */
  batch<B>(
    size: number,
    options: { readonly dropLast?: boolean; readonly collate: (elements: T[]) => B },
  ): Dataset<B>;
  batch(
    size: number,
    options: { readonly dropLast?: boolean; readonly collate?: (elements: T[]) => unknown } = {},
  ): Dataset<unknown> {
    requireCount('Dataset.batch', 'size', size, 1);
    if (this.batchSize !== undefined) {
      throw new Error(
        `Dataset.batch: the elements are batches of ${this.batchSize} already; call batch() once.`,
      );
    }
    const { rows, label: _label, ...rest } = this.#source;
    const { collate = (elements: T[], first: number) => stackExamples(elements as Example[], first) } =
      options;
    const request = (index: number, epoch: number): T | Promise<T> => {
      try {
        return this.#source.at(index, epoch);
      } catch (error) {
        return Promise.reject(error); // so that Promise.all minds the other elements under way
      }
    };
    const at = (index: number, epoch: number): unknown => {
      const first = index * size;
      const indices = Array.from({ length: Math.min(size, this.length - first) }, (_, i) => first + i);
      if (rows !== undefined && options.collate === undefined) {
        const chosen = indices.map((each) => rows.row(each, epoch));
        return mapValues(rows.arrays, (array) => gatherRows(array, chosen));
      }
      const elements = indices.map((each) => request(each, epoch));
      return elements.some((each) => each instanceof Promise)
        ? Promise.all(elements).then((all) => collate(all, first))
        : collate(elements as T[], first);
    };
    const length = options.dropLast === true ? Math.floor(this.length / size) : Math.ceil(this.length / size);
    return new Dataset<unknown>({ ...rest, length, at, batchSize: size });
  }

  /** Lets `iterate` request up to `count` elements ahead of the consumer, so that reading overlaps with training. */
  prefetch(count: number): Dataset<T> {
    requireCount('Dataset.prefetch', 'count', count, 0);
    return new Dataset({ ...this.#source, ahead: count });
  }

  /** Keeps elements in memory once read. All epochs see those of epoch 0, so put random steps after it. */
  cache(): Dataset<T> {
    const known = new Map<number, T | Promise<T>>();
    const fixed = remap(this.#source, this.length, keep, () => 0);
    if (fixed.rows !== undefined) return new Dataset({ ...fixed, reordered: false });
    const at = (index: number): T | Promise<T> => {
      const found = known.get(index);
      if (found !== undefined) return found;
      const element = this.#source.at(index, 0);
      known.set(index, element);
      if (element instanceof Promise) {
        element.then(
          (value) => known.set(index, value),
          () => known.delete(index),
        );
      }
      return element;
    };
    return new Dataset({ ...fixed, at, reordered: false });
  }

  /** The elements at these indices, in this order. */
  select(indices: ArrayLike<number>): Dataset<T> {
    if (this.#source.reordered === true) {
      throw new Error(
        'Dataset: the order changes every epoch here, so the parts of a split would mix. Split first, then shuffle() each part.',
      );
    }
    const chosen = Int32Array.from(indices);
    for (const index of chosen) {
      if (index < 0 || index >= this.length) {
        throw new RangeError(
          `Dataset.select: there is no element ${index}; the dataset has ${this.length} elements.`,
        );
      }
    }
    return this.#view(`select ${chosen.join(' ')}`, chosen.length, (index) => chosen[index]!);
  }

  /**
   * Parts that share no element: by fractions such as `[0.8, 0.2]`, or by counts. At random, unless `shuffle` is false.
   * For equal shares of each class see `stratifiedSplit`.
   */
  split(parts: readonly number[], options: { seed?: number; shuffle?: boolean } = {}): Dataset<T>[] {
    const { seed = 0, shuffle = true } = options;
    const order = shuffle
      ? new Random(seed).permutation(this.length)
      : Array.from({ length: this.length }, (_, i) => i);
    return cut<number>(order, parts).map((indices) => this.select(indices));
  }

  /** The first `count` elements. */
  take(count: number): Dataset<T> {
    requireCount('Dataset.take', 'count', count, 0);
    const length = Math.min(count, this.length);
    return this.#view(`take ${length}`, length, keep);
  }

  /** All but the first `count` elements. */
  skip(count: number): Dataset<T> {
    requireCount('Dataset.skip', 'count', count, 0);
    const length = Math.max(this.length - count, 0);
    return this.#view(`skip ${count}`, length, (index) => index + count);
  }

  /** All elements `times` times over; a shuffle or an augmentation before it differs each time. */
  repeat(times: number): Dataset<T> {
    requireCount('Dataset.repeat', 'times', times, 0);
    const { length } = this;
    return this.#view(
      `repeat ${times}`,
      length * times,
      (index) => index % length,
      (index, epoch) => epoch * times + Math.floor(index / length),
    );
  }

  /** The elements of this dataset, then those of the other. */
  concat(other: Dataset<T>): Dataset<T> {
    const { rows: _rows, label, ...rest } = this.#source;
    const otherLabel = other.#source.label;
    const choose =
      <R>(mine: (index: number, epoch: number) => R, others: (index: number, epoch: number) => R) =>
      (index: number, epoch: number): R =>
        index < this.length ? mine(index, epoch) : others(index - this.length, epoch);
    return new Dataset({
      ...rest,
      length: this.length + other.length,
      at: choose(this.#source.at, other.#source.at),
      ...(label && otherLabel ? { label: choose(label, otherLabel) } : {}),
      skipped: [...this.skipped, ...other.skipped],
      reordered: rest.reordered === true || other.#source.reordered === true,
      fingerprint: async () =>
        new ContentHash()
          .add(await this.fingerprint())
          .add('concat')
          .add(await other.fingerprint())
          .digest(),
    });
  }

  /** The same dataset with named classes. */
  withClassNames(classNames: readonly string[]): Dataset<T> {
    return new Dataset({ ...this.#source, classNames });
  }

  /**
   * The class of every element: its integer scalar `target`.
   *
   * @throws TypeError when an element has no such target
   */
  async labels(): Promise<Int32Array<ArrayBuffer>> {
    const labels = new Int32Array(this.length);
    const { label } = this.#source;
    for (let index = 0; index < this.length; index++) {
      labels[index] = label?.(index, 0) ?? labelOf(await this.#source.at(index, 0), index);
    }
    return labels;
  }

  /**
   * A sha256 over the content (for files: over names, sizes and times of change), for the model card. Which elements
   * there are counts; how they are presented (`map`, `shuffle`, `batch`, `cache`, `prefetch`) does not.
   */
  fingerprint(): Promise<string> {
    return this.#source.fingerprint();
  }

  async #hashElements(): Promise<string> {
    const hash = new ContentHash();
    for await (const element of this.iterate()) {
      if (isExample(element)) for (const name of Object.keys(element)) hash.add(name).add(element[name]!);
      else hash.add(element instanceof NdArray ? element : (JSON.stringify(element) ?? 'undefined'));
    }
    return hash.digest();
  }

  /** These elements seen through other indices, with a fingerprint that says what was done. */
  #view(step: string, length: number, ...through: Through): Dataset<T> {
    return new Dataset({
      ...remap(this.#source, length, ...through),
      fingerprint: async () =>
        new ContentHash()
          .add(await this.fingerprint())
          .add(step)
          .digest(),
    });
  }
}

const keep = (index: number): number => index;
