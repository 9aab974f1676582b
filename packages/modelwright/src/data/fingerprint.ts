import { NdArray } from '../graph/array.js';

const blockSize = 4 * 2 ** 20;

/**
 * A sha256 over content that comes in pieces, wherever Web Crypto is (Node and browsers).
 *
 * Web Crypto hashes whole buffers alone, so the content is cut into blocks of 4 MiB, and the hash is that of
 * the blocks' hashes: a hash for telling contents apart, not the sha256 of a file.
 */
export class ContentHash {
  readonly #blocks: Promise<ArrayBuffer>[] = [];
  #block = new Uint8Array(blockSize);
  #used = 0;

  /** Adds bytes, the UTF-8 bytes of a text, or an array (its dtype, shape and elements). */
  add(content: Uint8Array | string | NdArray): this {
    if (content instanceof NdArray) {
      this.add(`${content.dtype}[${content.shape.join(',')}]`);
      const { buffer, byteOffset, byteLength } = content.data;
      this.#write(new Uint8Array(buffer, byteOffset, byteLength));
    } else if (typeof content === 'string') {
      this.#write(new TextEncoder().encode(`${content.length}:${content}`));
    } else this.#write(content);
    return this;
  }

  #write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, blockSize - this.#used);
      this.#block.set(bytes.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
      if (this.#used === blockSize) this.#close();
    }
  }

  #close(): void {
    this.#blocks.push(crypto.subtle.digest('SHA-256', this.#block.subarray(0, this.#used)));
    this.#block = new Uint8Array(blockSize);
    this.#used = 0;
  }

  /** The hash of all that was added: 64 hexadecimal digits. */
  async digest(): Promise<string> {
    this.#close();
    const digests = await Promise.all(this.#blocks);
    const joined = new Uint8Array(digests.length * 32);
    digests.forEach((digest, i) => {
      joined.set(new Uint8Array(digest), i * 32);
    });
    return toHex(await crypto.subtle.digest('SHA-256', joined));
  }
}

function toHex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
