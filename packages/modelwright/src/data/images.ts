import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import sharp, { type Sharp } from 'sharp';
import { NdArray } from '../graph/array.js';
import type { ImageTransform } from './augment.js';
import { type ImageSize, imageShape, sides } from './image-ops.js';
import { decodeNetpbm, isNetpbm, UnreadableImage } from './netpbm.js';
import { createPool } from './pool.js';

/**
 * How an image is brought to a size of another aspect ratio: `cover` crops what does not fit, `contain` puts black
 * bars around, `fill` stretches.
 */
export type Fit = 'cover' | 'contain' | 'fill';

export interface DecodeOptions {
  /** 3 for red, green, blue (the default); 1 for grey. */
  readonly channels?: 1 | 3 | undefined;
  /** Size to bring the image to; by default it keeps its own. */
  readonly size?: ImageSize | undefined;
  /** `cover` by default. */
  readonly fit?: Fit | undefined;
  /** The most pixels a picture may have, so that a small file cannot fill the memory. 268 million by default. */
  readonly maxPixels?: number | undefined;
}

const pool = createPool(availableParallelism());

/**
 * Decodes a picture (JPEG, PNG, WebP, GIF, AVIF, TIFF, SVG, PGM, PPM) to uint8 `[channels, height, width]`.
 *
 * It is turned upright by its EXIF orientation; what is transparent becomes white; of an animation the first frame is
 * taken; 16 bits become 8; values are taken as stored, without regard to an embedded colour profile. Decoding and
 * resizing run on libuv's threads (sharp's asynchronous interface), not on the main thread, and no more pictures are
 * decoded at a time than there are processor cores.
 *
 * @param source a file, or the bytes of one
 * @throws Error that names the file, when it is not a picture or is cut off
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<NdArray<'uint8'>> {
  const { channels = 3, size, fit = 'cover', maxPixels = 2 ** 28 } = options;
  return pool(async () => {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    try {
      if (bytes.length === 0) throw new UnreadableImage('it is empty');
      let image = open(bytes, maxPixels).autoOrient().flatten({ background: '#ffffff' });
      if (size !== undefined) image = resized(image, size, fit);
      return await toArray(image.toColourspace(channels === 1 ? 'b-w' : 'srgb'), channels);
    } catch (error) {
      const name = typeof source === 'string' ? source : 'the image';
      throw new Error(`${name} cannot be decoded: ${reasonOf(error)}`, { cause: error });
    }
  });
}

/**
 * Width and height of a picture in pixels, turned upright as `decodeImage` does, from the beginning of its file.
 * @throws Error that names the file, when it is not a picture
 */
export async function imageSize(file: string): Promise<{ readonly width: number; readonly height: number }> {
  return pool(async () => {
    const bytes = await readFile(file);
    try {
      if (bytes.length === 0) throw new UnreadableImage('it is empty');
      const { width, height, autoOrient } = await open(bytes, 2 ** 28).metadata();
      return autoOrient ?? { width, height };
    } catch (error) {
      throw new Error(`${file} cannot be decoded: ${reasonOf(error)}`, { cause: error });
    }
  });
}

/** The bytes of a PNG file with this image, uint8 `[channels, height, width]`, 1 or 3 channels. */
export async function encodePng(image: NdArray): Promise<Uint8Array> {
  return toSharp(image).png().toBuffer();
}

/** Brings images to one size, with Lanczos filtering; see `Fit`. Runs on libuv's threads. */
export function resize(size: ImageSize, options: { readonly fit?: Fit } = {}): ImageTransform {
  return (image) => {
    const { channels } = imageShape(image);
    return pool(() => toArray(resized(toSharp(image), size, options.fit ?? 'cover'), channels));
  };
}

/**
 * Why decoding failed. sharp's own messages start with 'Input'; the others come from an error log that all decoding in
 * libvips shares, and may tell of another picture.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UnreadableImage || error.message.startsWith('Input')) return error.message;
  return 'it is damaged or cut off';
}

function open(bytes: Uint8Array, limitInputPixels: number): Sharp {
  if (!isNetpbm(bytes)) return sharp(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels });
  const { data, width, height, channels } = decodeNetpbm(bytes);
  return sharp(data, { raw: { width, height, channels }, limitInputPixels });
}

function resized(image: Sharp, size: ImageSize, fit: Fit): Sharp {
  const [height, width] = sides(size);
  return image.resize({ height, width, fit, background: '#000000' });
}

/** Runs the pipeline and reorders its pixels from interleaved to `[channels, height, width]`. */
async function toArray(image: Sharp, channels: number): Promise<NdArray<'uint8'>> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const pixels = width * height;
  const array = new NdArray('uint8', [channels, height, width]);
  for (let channel = 0; channel < channels; channel++) {
    const from = Math.min(channel, info.channels - 1);
    const plane = array.data.subarray(channel * pixels, (channel + 1) * pixels);
    for (let i = 0, at = from; i < pixels; i++, at += info.channels) plane[i] = data[at]!;
  }
  return array;
}

function toSharp(image: NdArray): Sharp {
  const { data, channels, height, width } = imageShape(image);
  const pixels = width * height;
  const interleaved = new Uint8Array(data.length);
  for (let channel = 0; channel < channels; channel++) {
    const plane = data.subarray(channel * pixels, (channel + 1) * pixels);
    for (let i = 0, at = channel; i < pixels; i++, at += channels) interleaved[at] = plane[i]!;
  }
  return sharp(interleaved, { raw: { width, height, channels } });
}
