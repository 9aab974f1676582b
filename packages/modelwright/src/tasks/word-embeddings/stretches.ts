import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { BatchSource, LearningBatch } from './batch.js';
import { type EncodedCorpus, keepProbabilities, NoiseSampler } from './corpus.js';
import type { Vocabulary } from './vocabulary.js';

/** Words in a stretch of text. */
export const stretchLength = 64;
/** Noise words drawn for a step. */
const noiseWords = 64;

export interface StretchOptions {
  /** The largest radius of a window; each word's is drawn from 1 to this. */
  readonly window: number;
  /** Words in a step. */
  readonly batchSize: number;
  /** Threshold above which frequent words are thinned out, as a share of the corpus; 0 keeps all. */
  readonly subsample: number;
}

/** A batch of stretches, each array [stretches, stretchLength]. */
interface Stretches {
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly radii: Int32Array<ArrayBuffer>;
  readonly sentences: Int32Array<ArrayBuffer>;
}

/**
 * Cuts a corpus into batches of stretches, in another order and with other windows each epoch. A batch holds `tokens`; `radii`, how far each
 * word's window reaches to either side (0 for words that only others see); `sentences`, the number of each word's sentence (-1 where there
 * is no word), all int32 [stretches, stretchLength]; and `noise`, int32 [noise], words drawn by chance.
 */
export class StretchSampler implements BatchSource {
  readonly stretches: number;
  readonly #corpus: EncodedCorpus;
  readonly #options: StretchOptions;
  readonly #keep: Float64Array;
  readonly #noise: NoiseSampler;

  constructor(corpus: EncodedCorpus, vocabulary: Vocabulary, options: StretchOptions) {
    if (!(Number.isInteger(options.window) && options.window >= 1 && options.window < stretchLength / 4)) {
      throw new RangeError(
        `The window must be a whole number from 1 to ${stretchLength / 4 - 1}, but it is ${options.window}.`,
      );
    }
    this.#corpus = corpus;
    this.#options = options;
    this.#keep = keepProbabilities(vocabulary, options.subsample);
    this.#noise = new NoiseSampler(vocabulary);
    this.stretches = Math.max(1, Math.round(options.batchSize / this.#step));
  }

  /** Words of a stretch that have windows of their own; the others are at its ends. */
  get #step(): number {
    return stretchLength - 2 * this.#options.window;
  }

  /** Steps in an epoch, as expected: how many words are thinned out is a matter of chance. */
  get stepsPerEpoch(): number {
    let kept = 0;
    for (const token of this.#corpus.tokens) kept += this.#keep[token]!;
    return Math.max(1, Math.ceil(kept / (this.stretches * this.#step)));
  }

  *epoch(seed: number, epoch: number): Generator<LearningBatch> {
    const random = new Random(seed, epoch, 1);
    const { tokens, sentences } = this.#stream(random);
    const shape = [this.stretches, stretchLength];
    const size = this.stretches * this.#step;
    for (let start = 0; start < tokens.length; start += size) {
      const length = this.stretches * stretchLength;
      const batch: Stretches = {
        tokens: new Int32Array(length),
        radii: new Int32Array(length),
        sentences: new Int32Array(length).fill(-1),
      };
      for (let stretch = 0; stretch < this.stretches; stretch++) {
        this.#fill(
          batch,
          stretch,
          start + stretch * this.#step - this.#options.window,
          tokens,
          sentences,
          random,
        );
      }
      const noise = Int32Array.from({ length: noiseWords }, () => this.#noise.draw(random));
      yield {
        words: {
          tokens: new NdArray('int32', shape, batch.tokens),
          noise: new NdArray('int32', [noiseWords], noise),
        },
        others: {
          radii: new NdArray('int32', shape, batch.radii),
          sentences: new NdArray('int32', shape, batch.sentences),
        },
        size: Math.min(tokens.length - start, size),
      };
    }
  }

  /** Copies a stretch of the stream that begins at `from`: its windows lie wholly within it. */
  #fill(
    batch: Stretches,
    stretch: number,
    from: number,
    tokens: Int32Array,
    sentences: Int32Array,
    random: Random,
  ): void {
    const { window } = this.#options;
    for (let i = 0; i < stretchLength; i++) {
      const source = from + i;
      if (source < 0 || source >= tokens.length) continue;
      const place = stretch * stretchLength + i;
      batch.tokens[place] = tokens[source]!;
      batch.sentences[place] = sentences[source]!;
      if (i >= window && i < stretchLength - window) batch.radii[place] = random.integer(1, window + 1);
    }
  }

  /** The sentences in a new order, frequent words thinned out. */
  #stream(random: Random): { tokens: Int32Array; sentences: Int32Array } {
    const { tokens, starts } = this.#corpus;
    const stream = new Int32Array(tokens.length);
    const numbers = new Int32Array(tokens.length);
    let length = 0;
    for (const sentence of random.permutation(starts.length - 1)) {
      for (let i = starts[sentence]!; i < starts[sentence + 1]!; i++) {
        const token = tokens[i]!;
        if (this.#keep[token]! < 1 && !random.chance(this.#keep[token]!)) continue;
        stream[length] = token;
        numbers[length] = sentence;
        length += 1;
      }
    }
    return { tokens: stream.subarray(0, length), sentences: numbers.subarray(0, length) };
  }
}
