import { NdArray } from '../graph/array.js';

const blockSize = 4 * 2 ** 20;

/**
 * A sha256 over content that comes in pieces, wherever Web Crypto is (Node and browsers).
 *
 * Web Crypto hashes whole buffers alone, so the content is cut into blocks of 4 MiB, and the hash is that of
 * the blocks' hashes: a hash for telling contents apart, not the sha256 of a file.
 */
export class ContentHash {
  readonly #pieces: Uint8Array[] = [];

  /** Adds bytes, the UTF-8 bytes of a text, or an array (its dtype, shape and elements). They must not change before `digest`. */
  add(content: Uint8Array | string | NdArray): this {
    if (content instanceof NdArray) {
      this.add(`${content.dtype}[${content.shape.join(',')}]`);
      const { buffer, byteOffset, byteLength } = content.data;
      this.#pieces.push(new Uint8Array(buffer, byteOffset, byteLength));
    } else if (typeof content === 'string') {
      this.#pieces.push(new TextEncoder().encode(`${content.length}:${content}`));
    } else this.#pieces.push(content);
    return this;
  }

  /** The hash of all that was added: 64 hexadecimal digits. Between blocks the event loop goes on. */
  async digest(): Promise<string> {
    const digests: Uint8Array[] = [];
    const block = new Uint8Array(blockSize);
    let used = 0;
    const close = async (): Promise<void> => {
      digests.push(new Uint8Array(await crypto.subtle.digest('SHA-256', block.subarray(0, used))));
      used = 0;
    };
    for (const piece of this.#pieces) {
      for (let from = 0; from < piece.length; ) {
        const count = Math.min(piece.length - from, blockSize - used);
        block.set(piece.subarray(from, from + count), used);
        used += count;
        from += count;
        if (used === blockSize) await close();
      }
    }
    await close();
    const joined = new Uint8Array(digests.length * 32);
    for (const [position, digest] of digests.entries()) joined.set(digest, position * 32);
    return toHex(await crypto.subtle.digest('SHA-256', joined));
  }
}

function toHex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
