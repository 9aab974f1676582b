/** Raw samples of 16 bits, little-endian, one channel, that come in pieces: a sample may be cut in two by the end of a piece. */
export class PcmReader {
  #half: number | undefined;

  /** The whole samples that have come, in -1 .. 1. */
  push(bytes: Uint8Array): Float32Array<ArrayBuffer> {
    const all = this.#half === undefined ? bytes : joined(this.#half, bytes);
    this.#half = all.length % 2 === 1 ? all.at(-1) : undefined;
    const view = new DataView(all.buffer, all.byteOffset, all.length - (all.length % 2));
    return Float32Array.from({ length: view.byteLength / 2 }, (_, i) => view.getInt16(2 * i, true) / 32_768);
  }
}

function joined(first: number, rest: Uint8Array): Uint8Array {
  const all = new Uint8Array(rest.length + 1);
  all[0] = first;
  all.set(rest, 1);
  return all;
}
