import type { Random } from '../../graph/random.js';
import type { Vocabulary } from './vocabulary.js';

/** Sentences as positions of words in a vocabulary, one after another; words outside the vocabulary are left out. */
export interface EncodedCorpus {
  readonly tokens: Int32Array;
  /** Where each sentence begins, and where the last one ends: one more than there are sentences. */
  readonly starts: Int32Array;
}

export function encodeCorpus(
  sentences: readonly (readonly string[])[],
  vocabulary: Vocabulary,
): EncodedCorpus {
  const tokens: number[] = [];
  const starts = [0];
  for (const sentence of sentences) {
    for (const word of sentence) {
      const position = vocabulary.find(word);
      if (position !== undefined) tokens.push(position);
    }
    if (tokens.length > starts.at(-1)!) starts.push(tokens.length);
  }
  return { tokens: Int32Array.from(tokens), starts: Int32Array.from(starts) };
}

/**
 * How likely each word is kept when frequent words are thinned out: min(1, sqrt(t / f) + t / f), f the word's share of the corpus
 * (as in word2vec; Mikolov et al., 2013, "Distributed representations of words and phrases"). With t = 0 every word is kept.
 */
export function keepProbabilities({ counts }: Vocabulary, threshold: number): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Float64Array.from(counts, (count) => {
    const ratio = (threshold * total) / count;
    return threshold === 0 ? 1 : Math.min(1, Math.sqrt(ratio) + ratio);
  });
}

/** Draws noise words with probability proportional to count^0.75 (Mikolov et al., 2013). */
export class NoiseSampler {
  readonly #cumulative: Float64Array;

  constructor({ counts }: Vocabulary, power = 0.75) {
    let sum = 0;
    this.#cumulative = Float64Array.from(counts, (count) => (sum += count ** power));
  }

  /** The probability of each word. */
  get probabilities(): Float64Array {
    const total = this.#cumulative.at(-1)!;
    return this.#cumulative.map((value, position) => (value - (this.#cumulative[position - 1] ?? 0)) / total);
  }

  draw(random: Random): number {
    const wanted = random.uniform(0, this.#cumulative.at(-1)!);
    let [low, high] = [0, this.#cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#cumulative[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
