import type { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import { dot, nearestRows, unitTable } from '../../nn/vectors.js';
import { Vocabulary } from './vocabulary.js';

/** A word, and how much its vector points the way of another. */
export interface Neighbour {
  readonly word: string;
  /** Cosine of the angle between the vectors, from -1 to 1. */
  readonly similarity: number;
}

/** Words and their vectors. */
export class WordVectors {
  readonly vocabulary: Vocabulary;
  /** float32 [words, dimensions] */
  readonly vectors: NdArray<'float32'>;
  readonly #unit: Float32Array;

  /** @throws RangeError when there are not as many vectors as words */
  constructor(vocabulary: Vocabulary | readonly string[], vectors: NdArray<'float32'>) {
    this.vocabulary =
      vocabulary instanceof Vocabulary
        ? vocabulary
        : new Vocabulary(
            vocabulary,
            vocabulary.map(() => 1),
          );
    if (vectors.shape.length !== 2 || vectors.shape[0] !== this.vocabulary.size) {
      throw new RangeError(
        `Vectors of ${this.vocabulary.size} words are float32[${this.vocabulary.size}, dimensions], but these are float32${formatShape(vectors.shape)}.`,
      );
    }
    this.vectors = vectors;
    this.#unit = unitTable(vectors.data, vectors.shape[1]!);
  }

  get size(): number {
    return this.vocabulary.size;
  }

  get dimensions(): number {
    return this.vectors.shape[1]!;
  }

  /** The vector of a word. @throws UnknownWordError, which names similar words */
  vector(word: string): Float32Array {
    return this.#row(this.vectors.data, this.vocabulary.indexOf(word));
  }

  /** Cosine of the angle between two words' vectors. @throws UnknownWordError */
  similarity(a: string, b: string): number {
    return dot(this.#unitOf(a), this.#unitOf(b));
  }

  /**
   * The words whose vectors point most the way of a word's, nearest first, the word itself left out.
   * @throws UnknownWordError, which names similar words
   */
  nearest(word: string, k = 10): Neighbour[] {
    return this.#nearestTo(this.#unitOf(word), k, [word]);
  }

  /**
   * What is to `c` as `b` is to `a`: the words nearest to b - a + c, these three left out (3CosAdd; Mikolov et al., 2013, "Linguistic
   * regularities in continuous space word representations"). Vectors are brought to length 1 first.
   * @throws UnknownWordError, which names similar words
   */
  analogy(a: string, b: string, c: string, k = 1): Neighbour[] {
    const [from, to, start] = [this.#unitOf(a), this.#unitOf(b), this.#unitOf(c)];
    return this.#nearestTo(
      start.map((value, i) => value + to[i]! - from[i]!),
      k,
      [a, b, c],
    );
  }

  #nearestTo(vector: Float32Array, k: number, without: readonly string[]): Neighbour[] {
    const excluded = new Set(without.map((word) => this.vocabulary.indexOf(word)));
    return nearestRows(this.#unit, vector, k, excluded).map(({ row, similarity }) => ({
      word: this.vocabulary.words[row]!,
      similarity,
    }));
  }

  #unitOf(word: string): Float32Array {
    return this.#row(this.#unit, this.vocabulary.indexOf(word));
  }

  #row(table: Float32Array, index: number): Float32Array {
    return table.subarray(index * this.dimensions, (index + 1) * this.dimensions);
  }
}
