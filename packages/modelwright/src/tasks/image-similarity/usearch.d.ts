// What is used of the library usearch. Its own types are missing where it is not installed.
declare module 'usearch' {
  export interface IndexOptions {
    readonly dimensions: number;
    readonly metric: 'cos';
    readonly quantization: 'f32';
    /** Neighbours of each vector; 0: as the library does. */
    readonly connectivity: number;
    /** How many vectors are looked at to find the neighbours of a new one; 0: as the library does. */
    readonly expansion_add: number;
    /** How many vectors are looked at in a search; 0: as the library does. */
    readonly expansion_search: number;
    readonly multi: boolean;
  }

  export class Index {
    constructor(options: IndexOptions);
    /** @param vectors [keys, dimensions] */
    add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
    search(
      vector: Float32Array,
      k: number,
      threads: number,
    ): { readonly keys: BigUint64Array; readonly distances: Float32Array };
    save(path: string): void;
    load(path: string): void;
    size(): number;
    dimensions(): number;
  }
}
