import type { Dataset } from '../../data/dataset.js';
import type { NdArray } from '../../graph/array.js';
import { nearestRows, unitTable } from '../../nn/vectors.js';
import { readSafetensors, writeSafetensors } from '../../saved/safetensors.js';

/** A picture of a gallery, and how much it is like another. */
export interface SimilarPicture {
  readonly name: string;
  /** Cosine of the angle between the embeddings, from -1 to 1. */
  readonly similarity: number;
}

const tensorName = 'embeddings';

/** Pictures that can be found by their embeddings: all are compared, which is exact. */
export class Gallery {
  readonly names: readonly string[];
  /** float32 [pictures, dimensions] */
  readonly embeddings: NdArray<'float32'>;
  readonly #unit: Float32Array;

  /** @throws RangeError when there are not as many embeddings as names */
  constructor(names: readonly string[], embeddings: NdArray<'float32'>) {
    if (embeddings.shape.length !== 2 || embeddings.shape[0] !== names.length) {
      throw new RangeError(
        `A gallery of ${names.length} pictures needs embeddings [${names.length}, dimensions], but they are [${embeddings.shape.join(', ')}].`,
      );
    }
    this.names = names;
    this.embeddings = embeddings;
    this.#unit = unitTable(embeddings.data, embeddings.shape[1]!);
  }

  /** The pictures most like one with this embedding, most alike first. */
  nearest(embedding: Float32Array, k = 5): SimilarPicture[] {
    return nearestRows(this.#unit, embedding, k).map(({ row, similarity }) => ({
      name: this.names[row]!,
      similarity,
    }));
  }

  /** The gallery as a safetensors file. */
  encode(): Uint8Array<ArrayBuffer> {
    return writeSafetensors(new Map([[tensorName, this.embeddings]]), { names: JSON.stringify(this.names) });
  }

  /** @throws Error when the bytes are no gallery */
  static decode(content: Uint8Array<ArrayBuffer>, where: string): Gallery {
    const { tensors, metadata } = readSafetensors(content, where);
    const embeddings = tensors.get(tensorName);
    if (embeddings?.dtype !== 'float32' || !metadata.names) {
      throw new Error(`${where} holds no gallery. Save or copy the model again.`);
    }
    return new Gallery(JSON.parse(metadata.names) as string[], embeddings as NdArray<'float32'>);
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
