import type { NdArray } from '../graph/array.js';
import type { Random } from '../graph/random.js';
import type { Example } from './collate.js';
import type { MapContext } from './dataset.js';
import {
  adjustColour,
  crop,
  type Distortion,
  flip,
  type ImageSize,
  imageShape,
  rotate,
  shade,
  sides,
  type Warp,
  warp,
} from './image-ops.js';

/** Makes an image of an image, uint8 `[channels, height, width]`; the image given is left as it is. */
export type ImageTransform = (image: NdArray, random: Random) => NdArray | Promise<NdArray>;

/** Applies transforms one after the other. */
export function compose(...transforms: readonly ImageTransform[]): ImageTransform {
  return async (image, random) => {
    let result = image;
    for (const transform of transforms) result = await transform(result, random);
    return result;
  };
}

/**
 * Applies a transform to the `input` of every example, for `Dataset.map`:
 *
 *     train.map(augment(compose(randomCrop(96, { padding: 8 }), randomFlip())))
 */
export function augment<E extends Example & { readonly input: NdArray }>(
  transform: ImageTransform,
): (example: E, context: MapContext) => Promise<E> {
  return async (example, { random }) => ({ ...example, input: await transform(example.input, random) });
}

/**
 * The middle of the image.
 *
 * @throws RangeError when the image is smaller than that
 */
export function centreCrop(size: ImageSize): ImageTransform {
  const [cropHeight, cropWidth] = sides(size);
  return (image) => {
    const { height, width } = imageShape(image);
    requireRoom('centreCrop', image, 0, cropHeight, cropWidth);
    const top = Math.floor((height - cropHeight) / 2);
    return crop(image, top, Math.floor((width - cropWidth) / 2), cropHeight, cropWidth);
  };
}

/**
 * A random part of the image.
 *
 * @param options.padding pixels of `fill` (0 by default) to add on each side first; 0 by default
 * @throws RangeError when the padded image is smaller than that
 */
export function randomCrop(
  size: ImageSize,
  options: { readonly padding?: number; readonly fill?: number } = {},
): ImageTransform {
  const [cropHeight, cropWidth] = sides(size);
  const { padding = 0, fill = 0 } = options;
  return (image, random) => {
    const { height, width } = imageShape(image);
    requireRoom('randomCrop', image, padding, cropHeight, cropWidth);
    const top = random.integer(-padding, height + padding - cropHeight + 1);
    const left = random.integer(-padding, width + padding - cropWidth + 1);
    return crop(image, top, left, cropHeight, cropWidth, fill);
  };
}

function requireRoom(name: string, image: NdArray, padding: number, height: number, width: number): void {
  const shape = imageShape(image);
  if (shape.height + 2 * padding >= height && shape.width + 2 * padding >= width) return;
  const padded = padding === 0 ? '' : ` with ${padding} pixels of padding on each side`;
  throw new RangeError(
    `${name}: ${height}x${width} pixels do not fit in an image of ${shape.height}x${shape.width}${padded}. ` +
      'resize() it first, or crop less.',
  );
}

/** Mirrors the image with this probability: left and right by default. */
export function randomFlip(
  options: { readonly direction?: 'horizontal' | 'vertical'; readonly probability?: number } = {},
): ImageTransform {
  const { direction = 'horizontal', probability = 0.5 } = options;
  return (image, random) => (random.chance(probability) ? flip(image, direction) : image);
}

/** Turns the image by an angle drawn from [-degrees, degrees); `fill` (0 by default) shows in the corners. */
export function randomRotation(degrees: number, options: { readonly fill?: number } = {}): ImageTransform {
  return (image, random) => rotate(image, random.uniform(-degrees, degrees), options.fill);
}

/** How far an image may be moved; 0 by default. */
export interface RandomAffineOptions extends Pick<Warp, 'fill'> {
  /** Turned by an angle drawn from [-degrees, degrees). */
  readonly degrees?: number;
  /** Scaled by a factor drawn from [1 - scale, 1 + scale). */
  readonly scale?: number;
  /** Moved along each side by a share of it drawn from [-shift, shift). */
  readonly shift?: number;
  /** Turned as a head is, by a share of half the width drawn from [-turn, turn); see `Warp`. */
  readonly turn?: number;
}

/** Turns, scales and moves the image at random; `fill` (0 by default, or the nearest pixel: 'edge') shows beside it. */
export function randomAffine(options: RandomAffineOptions): ImageTransform {
  const { degrees = 0, scale = 0, shift = 0, turn = 0, fill = 0 } = options;
  return (image, random) => {
    const { height, width } = imageShape(image);
    return warp(image, {
      degrees: random.uniform(-degrees, degrees),
      scale: 1 + random.uniform(-scale, scale),
      shift: [width * random.uniform(-shift, shift), height * random.uniform(-shift, shift)],
      ...(turn > 0 && { turn: random.uniform(-turn, turn) }),
      fill,
    });
  };
}

/**
 * A smooth distortion by chance that treats left and right alike: what makes of one face another. Sums of cosines over both axes; their
 * coefficients are normal, with this deviation, in halves of width and height.
 */
export function symmetricDistortion(strength: number, random: Random): Distortion {
  const waves = (across: readonly number[], down: readonly number[]): Wave[] =>
    across.flatMap((i) => down.map((j) => ({ across: i, down: j, height: random.normal(0, strength) })));
  const sideways = waves([1, 3], [0, 1, 2]);
  const upright = waves([0, 2], [1, 2, 3]);
  return (x, y) => [sumAt(sideways, x, y), sumAt(upright, x, y)];
}

/** A product of cosines: how many half waves each axis has, and how high they are. */
interface Wave {
  readonly across: number;
  readonly down: number;
  readonly height: number;
}

const sumAt = (waves: readonly Wave[], x: number, y: number): number =>
  waves.reduce(
    (sum, { across, down, height }) =>
      sum + height * Math.cos((across * Math.PI * (x + 1)) / 2) * Math.cos((down * Math.PI * (y + 1)) / 2),
    0,
  );

/** Lights the image from the left or the right, by a strength drawn from [-strength, strength); see `shade`. */
export function randomShading(strength: number): ImageTransform {
  return (image, random) => shade(image, random.uniform(-strength, strength));
}

/** How far colours may change; 0 by default. */
export interface ColourJitter {
  /** The factor is drawn from [1 - brightness, 1 + brightness). */
  readonly brightness?: number;
  /** The factor is drawn from [1 - contrast, 1 + contrast). */
  readonly contrast?: number;
  /** The factor is drawn from [1 - saturation, 1 + saturation). */
  readonly saturation?: number;
  /** The turn of the colour circle is drawn from [-hue, hue); at most 0.5. */
  readonly hue?: number;
}

/** Changes brightness, contrast, saturation and hue at random; see `adjustColour`. */
export function colourJitter(jitter: ColourJitter): ImageTransform {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = jitter;
  return (image, random) => {
    const factor = (range: number): number => Math.max(0, 1 + random.uniform(-range, range));
    return adjustColour(image, {
      brightness: factor(brightness),
      contrast: factor(contrast),
      saturation: factor(saturation),
      hue: random.uniform(-hue, hue),
    });
  };
}
