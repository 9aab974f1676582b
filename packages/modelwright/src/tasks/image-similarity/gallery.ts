import type { Dataset } from '../../data/dataset.js';
import type { NdArray } from '../../graph/array.js';
import { requireWhole } from '../../nn/checks.js';
import { nearestRows, type RowIndex, unitTable } from '../../nn/vectors.js';

/** A picture of a gallery, and how much it is like another. */
export interface SimilarPicture {
  readonly name: string;
  /** Cosine of the angle between the embeddings, from -1 to 1. */
  readonly similarity: number;
}

/** Pictures that can be found by their embeddings. */
export class Gallery {
  readonly names: readonly string[];
  /** float32 [pictures, dimensions] */
  readonly embeddings: NdArray<'float32'>;
  /** What finds the nearest embeddings; undefined: all are compared, which is exact. */
  readonly index: RowIndex | undefined;
  #unit: Float32Array | undefined;

  /** @throws RangeError when there are not as many embeddings as names */
  constructor(names: readonly string[], embeddings: NdArray<'float32'>, index?: RowIndex) {
    if (embeddings.shape.length !== 2 || embeddings.shape[0] !== names.length) {
      throw new RangeError(
        `A gallery of ${names.length} pictures needs embeddings [${names.length}, dimensions], but they are [${embeddings.shape.join(', ')}].`,
      );
    }
    this.names = names;
    this.embeddings = embeddings;
    this.index = index;
  }

  /**
   * The pictures most like one with this embedding, most alike first, `k` at most.
   * @throws RangeError for an embedding of another length, or when k is not a whole number of at least 1
   */
  nearest(embedding: Float32Array, k = 5): SimilarPicture[] {
    requireWhole('Gallery.nearest', 'k', k);
    const dimensions = this.embeddings.shape[1];
    if (embedding.length !== dimensions) {
      throw new RangeError(
        `Gallery.nearest: the gallery's embeddings are of ${dimensions} numbers, but this one is of ${embedding.length}. Embed with the gallery's model.`,
      );
    }
    const rows = this.index?.nearest(embedding, k) ?? nearestRows(this.#table(), embedding, k);
    return rows.map(({ row, similarity }) => ({ name: this.names[row]!, similarity }));
  }

  #table(): Float32Array {
    this.#unit ??= unitTable(this.embeddings.data, this.embeddings.shape[1]!);
    return this.#unit;
  }
}

/** Names for pictures that have none: that of the class, and a number within it. */
export async function namesByClass(data: Dataset): Promise<string[]> {
  const counts = new Map<number, number>();
  return Array.from(await data.labels(), (label) => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return `${data.classNames?.[label] ?? label}/${count}`;
  });
}
