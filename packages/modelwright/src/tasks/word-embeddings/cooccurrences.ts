import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { BatchSource, LearningBatch } from './batch.js';
import type { EncodedCorpus } from './corpus.js';

/** How often words stand near each other, each pair once in each order. Sorted by first word, then second. */
export interface Cooccurrences {
  readonly first: Int32Array<ArrayBuffer>;
  readonly second: Int32Array<ArrayBuffer>;
  readonly counts: Float64Array<ArrayBuffer>;
}

/** Counts pairs of words within a window in a sentence; a pair at distance d counts 1 / d (Pennington et al., 2014). */
export function countCooccurrences(
  { tokens, starts }: EncodedCorpus,
  vocabularySize: number,
  window: number,
): Cooccurrences {
  const counts = new Map<number, number>();
  const count = (a: number, b: number, share: number): void => {
    const key = a * vocabularySize + b;
    counts.set(key, (counts.get(key) ?? 0) + share);
  };
  for (let sentence = 0; sentence + 1 < starts.length; sentence++) {
    for (let i = starts[sentence]!; i < starts[sentence + 1]!; i++) {
      for (let j = Math.max(starts[sentence]!, i - window); j < i; j++) {
        count(tokens[i]!, tokens[j]!, 1 / (i - j));
        count(tokens[j]!, tokens[i]!, 1 / (i - j));
      }
    }
  }
  const keys = Float64Array.from(counts.keys()).sort();
  return {
    first: Int32Array.from(keys, (key) => Math.floor(key / vocabularySize)),
    second: Int32Array.from(keys, (key) => key % vocabularySize),
    counts: Float64Array.from(keys, (key) => counts.get(key)!),
  };
}

/**
 * Hands out pairs in batches, in another order each epoch. A batch holds `first` and `second`, int32 [pairs], and `logCounts` and
 * `weights`, float32 [pairs]: log X and f(X) = min(1, (X / maximum)^0.75), 0 where there is no pair.
 */
export class PairSampler implements BatchSource {
  readonly stepsPerEpoch: number;
  readonly #pairs: Cooccurrences;
  readonly #batchSize: number;
  readonly #maximumCount: number;

  /**
   * @param maximumCount count from which on all pairs weigh the same
   * @throws Error when there are no pairs
   */
  constructor(pairs: Cooccurrences, batchSize: number, maximumCount: number) {
    if (pairs.counts.length === 0)
      throw new Error('No two words of the corpus stand in one sentence: there is nothing to learn from.');
    this.#pairs = pairs;
    this.#batchSize = Math.min(batchSize, pairs.counts.length);
    this.#maximumCount = maximumCount;
    this.stepsPerEpoch = Math.ceil(pairs.counts.length / this.#batchSize);
  }

  *epoch(seed: number, epoch: number): Generator<LearningBatch> {
    const { first, second, counts } = this.#pairs;
    const size = this.#batchSize;
    const order = new Random(seed, epoch, 2).permutation(counts.length);
    for (let start = 0; start < order.length; start += size) {
      const words = { first: new NdArray('int32', [size]), second: new NdArray('int32', [size]) };
      const others = { logCounts: new NdArray('float32', [size]), weights: new NdArray('float32', [size]) };
      const pairs = order.subarray(start, start + size);
      for (const [place, pair] of pairs.entries()) {
        words.first.data[place] = first[pair]!;
        words.second.data[place] = second[pair]!;
        others.logCounts.data[place] = Math.log(counts[pair]!);
        others.weights.data[place] = Math.min(1, (counts[pair]! / this.#maximumCount) ** 0.75);
      }
      yield { words, others, size: pairs.length };
    }
  }
}
