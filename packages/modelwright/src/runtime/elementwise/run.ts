/** A loop made by `compileElementwise`, over the vectors of one memory. */
export type ElementwiseLoop = (bytes: number, ...pointersAndScalars: number[]) => void;

interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}

/** What of WebAssembly is used, the same in Node and in browsers. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { initial: number }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { memory: { memory: WebAssemblyMemory } },
  ) => { readonly exports: { run: ElementwiseLoop } };
}

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

const pageBytes = 65_536;
const largestMemory = 65_536 * pageBytes;

/** Memory in which vectors lie that a loop goes through. They are ordinary float arrays for everybody else. */
export class VectorMemory {
  readonly #memory: WebAssemblyMemory;
  #used = 0;

  /** Whether vectors of these lengths have room in one memory. */
  static fits(lengths: readonly number[]): boolean {
    return VectorMemory.#bytesFor(lengths) <= largestMemory;
  }

  /** @param lengths of the vectors that will be asked for, in floats */
  constructor(lengths: readonly number[]) {
    this.#memory = new Memory({ initial: Math.ceil(VectorMemory.#bytesFor(lengths) / pageBytes) });
  }

  static #bytesFor(lengths: readonly number[]): number {
    return lengths.reduce((total, length) => total + VectorMemory.#roundUp(4 * length), 0);
  }

  static #roundUp(bytes: number): number {
    return Math.ceil(bytes / 64) * 64;
  }

  /** A vector of zeros. */
  vector(length: number): Float32Array<ArrayBuffer> {
    const start = this.#used;
    this.#used += VectorMemory.#roundUp(4 * length);
    return new Float32Array(this.#memory.buffer, start, length);
  }

  /** Makes a module's loop, over this memory. */
  instantiate(module: Uint8Array<ArrayBuffer>): ElementwiseLoop {
    return new Instance(new Module(module), { memory: { memory: this.#memory } }).exports.run;
  }
}
