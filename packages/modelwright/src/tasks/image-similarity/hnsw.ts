import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Index } from 'usearch';
import type { NdArray } from '../../graph/array.js';
import type { NearRow, RowIndex } from '../../nn/vectors.js';

/** Rows that are added before other work has its turn. */
const atOnce = 1000;

/** The library that makes indices and searches in them cannot be used here. */
export class NoIndexLibraryError extends Error {
  override readonly name: string = 'NoIndexLibraryError';
}

/** @throws NoIndexLibraryError where it is not installed, or has no build for this machine */
export async function indexLibrary(): Promise<typeof import('usearch')> {
  try {
    return await import('usearch');
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw new NoIndexLibraryError(
      `Indices of galleries need the library usearch, which cannot be used here: ${reason}. Install it (npm install usearch), or do without an index.`,
      { cause },
    );
  }
}

/**
 * A graph of neighbours in layers, through which a search walks towards a vector: it looks at a few hundred rows, and seldom misses one of the
 * nearest (HNSW; Malkov and Yashunin, 2018, https://arxiv.org/abs/1603.09320). By the library usearch.
 */
export class HnswIndex implements RowIndex {
  readonly #index: Index;

  private constructor(index: Index) {
    this.#index = index;
  }

  /**
   * Makes an index of rows [rows, dimensions], the same each time.
   * @throws NoIndexLibraryError where there is no library
   */
  static async of({ data, shape }: NdArray<'float32'>): Promise<HnswIndex> {
    const [rows, dimensions] = shape as [number, number];
    const index = await emptyIndex(dimensions);
    for (let from = 0; from < rows; from += atOnce) {
      const keys = BigUint64Array.from({ length: Math.min(atOnce, rows - from) }, (_, i) => BigInt(from + i));
      // In one thread: several would link the rows in an order of chance.
      index.add(keys, data.subarray(from * dimensions, (from + keys.length) * dimensions), 1);
      await otherWork();
    }
    return new HnswIndex(index);
  }

  /**
   * Opens what `encode` gave, in a file. Only for files that are known to be whole and made by `encode`: the library reads others out of its
   * memory's bounds.
   * @throws NoIndexLibraryError where there is no library
   * @throws Error when it is not of so many rows and dimensions, or of a version that the library does not read
   */
  static async open(path: string, [rows, dimensions]: readonly number[]): Promise<HnswIndex> {
    const index = await emptyIndex(dimensions!);
    try {
      index.load(path);
    } catch (cause) {
      throw new Error(`the library usearch does not read it: ${(cause as Error).message}`, { cause });
    }
    if (index.size() !== rows || index.dimensions() !== dimensions) {
      throw new Error(
        `it is of ${index.size()} embeddings of ${index.dimensions()} numbers, not of ${rows} of ${dimensions}`,
      );
    }
    return new HnswIndex(index);
  }

  nearest(vector: Float32Array, k: number): NearRow[] {
    const { keys, distances } = this.#index.search(vector, k, 1);
    return Array.from(keys, (key, i) => ({ row: Number(key), similarity: 1 - distances[i]! }));
  }

  /** The index as a file. */
  async encode(): Promise<Uint8Array> {
    const folder = await mkdtemp(join(tmpdir(), 'modelwright-index-'));
    try {
      const path = join(folder, 'index');
      this.#index.save(path);
      // The library does not say where the file's end found no room: this finds none then either.
      await writeFile(join(folder, 'room'), new Uint8Array(2 ** 16));
      return await readFile(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function emptyIndex(dimensions: number): Promise<Index> {
  const { Index } = await indexLibrary();
  return new Index({
    dimensions,
    metric: 'cos',
    quantization: 'f32',
    connectivity: 0,
    expansion_add: 0,
    // Twice what the library does: among a million rows it then misses one of the ten nearest in 100 and not in 67, and still takes less time
    // than making an embedding.
    expansion_search: 128,
    multi: false,
  });
}
