/** Interleaved 8-bit pixels: `data[(y * width + x) * channels + channel]`. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** An image that makes no sense, with the reason. */
export class UnreadableImage extends Error {}

/** Whether the bytes are a grey or colour Netpbm image (PGM or PPM; `P2`, `P3`, `P5`, `P6`). */
export function isNetpbm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && [0x32, 0x33, 0x35, 0x36].includes(bytes[1] ?? 0);
}

/**
 * Decodes a PGM or PPM image, plain or binary, of 8 or 16 bits, to 8 bits. The format: https://netpbm.sourceforge.net/doc/
 *
 * @throws UnreadableImage when the header makes no sense or pixels are missing
 */
export function decodeNetpbm(bytes: Uint8Array): RawImage {
  const kind = String.fromCharCode(bytes[1]!);
  const channels = kind === '3' || kind === '6' ? 3 : 1;
  const numbers = new NumberReader(bytes, 2);
  const [width, height, most] = [numbers.next(), numbers.next(), numbers.next()];
  if (width < 1 || height < 1 || most < 1 || most > 65535) {
    throw new UnreadableImage(`the Netpbm header says ${width} x ${height} pixels of at most ${most}`);
  }
  const count = width * height * channels;
  const scale = (value: number): number => Math.round((Math.min(value, most) * 255) / most);
  if (kind === '2' || kind === '3') {
    const data = new Uint8Array(Math.min(count, bytes.length));
    for (let i = 0; i < count; i++) data[i] = scale(numbers.next());
    return { data, width, height, channels };
  }
  const start = numbers.position + 1; // one white space ends the header
  const bytesPerSample = most > 255 ? 2 : 1;
  const missing = start + count * bytesPerSample - bytes.length;
  if (missing > 0)
    throw new UnreadableImage(`the image is cut off: ${missing} bytes of its pixels are missing`);
  const data = bytes.slice(start, start + count);
  if (bytesPerSample === 2) {
    for (let i = 0; i < count; i++) data[i] = scale(bytes[start + 2 * i]! * 256 + bytes[start + 2 * i + 1]!);
  } else if (most !== 255) for (let i = 0; i < count; i++) data[i] = scale(data[i]!);
  return { data, width, height, channels };
}

/** Reads whole numbers between white space and comments. */
class NumberReader {
  readonly #bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  next(): number {
    let byte = this.#bytes[this.position];
    while (byte === 0x23 || byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)) {
      if (byte === 0x23) while (byte !== undefined && byte !== 0x0a) byte = this.#bytes[++this.position];
      else byte = this.#bytes[++this.position];
    }
    const start = this.position;
    let value = 0;
    for (; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = this.#bytes[++this.position]) {
      value = value * 10 + byte - 0x30;
    }
    if (this.position === start) {
      throw new UnreadableImage(
        byte === undefined
          ? 'the image is cut off: a number is missing'
          : `a number was expected at byte ${start} of the image`,
      );
    }
    return value;
  }
}
