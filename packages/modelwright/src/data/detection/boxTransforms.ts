// Changes of an image that move the boxes on it too.
import { NdArray } from '../../graph/array.js';
import type { Random } from '../../graph/random.js';
import { type ColourJitter, colourJitter } from '../augment.js';
import { imageShape } from '../image-ops.js';
import type { Corners } from './annotations.js';

/** An image with boxes: uint8 `[channels, height, width]`, and what each box is. */
export interface BoxedImage {
  readonly image: NdArray<'uint8'>;
  readonly boxes: readonly LabelledBox[];
}

export interface LabelledBox {
  readonly box: Corners;
  /** Number of the class. */
  readonly label: number;
  /** Whether it is left out of measuring. */
  readonly ignored?: boolean;
}

/** Makes an image with boxes of another; the one given is left as it is. */
export type BoxTransform = (example: BoxedImage, random: Random) => BoxedImage | Promise<BoxedImage>;

/** A mapping of points: x' = scaleX x + moveX, y' = scaleY y + moveY. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly moveX: number;
  readonly moveY: number;
}

/** Boxes of which less than this share is left are dropped. */
const leastShare = 0.3;
/** Sides shorter than this, in pixels, are no box. */
const leastSide = 2;

/**
 * The image under a mapping, with bilinear sampling, in a frame of the given size, and its boxes, cut off at the edges. A box of which
 * less than 0.3 is left is dropped.
 * @param size [height, width] of the result
 * @param fill what shows outside the image
 */
export function placeImage(
  { image, boxes }: BoxedImage,
  placement: Placement,
  size: readonly [number, number],
  fill = 114,
): BoxedImage {
  const moved = boxes.flatMap((each) => {
    const box = placeBox(each.box, placement, size);
    return box ? [{ ...each, box }] : [];
  });
  return { image: sample(image, placement, size, fill), boxes: moved };
}

/** A box under a mapping, cut off at the edges; undefined when too little of it is left. */
export function placeBox(
  box: Corners,
  placement: Placement,
  [height, width]: readonly [number, number],
): Corners | undefined {
  const { scaleX, scaleY, moveX, moveY } = placement;
  const across = [scaleX * box[0] + moveX, scaleX * box[2] + moveX].sort((a, b) => a - b) as [number, number];
  const down = [scaleY * box[1] + moveY, scaleY * box[3] + moveY].sort((a, b) => a - b) as [number, number];
  const within = (value: number, limit: number): number => Math.min(limit, Math.max(0, value));
  const kept: Corners = [
    within(across[0], width),
    within(down[0], height),
    within(across[1], width),
    within(down[1], height),
  ];
  const area = (kept[2] - kept[0]) * (kept[3] - kept[1]);
  const whole = (across[1] - across[0]) * (down[1] - down[0]);
  const long = kept[2] - kept[0] >= leastSide && kept[3] - kept[1] >= leastSide;
  return long && area >= leastShare * whole ? kept : undefined;
}

/** Bilinear sampling, line by line: the two columns and weights of each pixel are the same on every line. */
function sample(
  image: NdArray,
  { scaleX, scaleY, moveX, moveY }: Placement,
  [toHeight, toWidth]: readonly [number, number],
  fill: number,
): NdArray<'uint8'> {
  const { data, channels, height, width } = imageShape(image);
  const result = new NdArray('uint8', [channels, toHeight, toWidth]);
  result.data.fill(fill);
  const columns = taps(toWidth, width, scaleX, moveX);
  const rows = taps(toHeight, height, scaleY, moveY);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * height * width;
    for (const [y, upper, lower, down] of rows) {
      const start = (channel * toHeight + y) * toWidth;
      const [top, bottom] = [plane + upper * width, plane + lower * width];
      for (const [x, left, right, across] of columns) {
        const above = data[top + left]! + across * (data[top + right]! - data[top + left]!);
        const below = data[bottom + left]! + across * (data[bottom + right]! - data[bottom + left]!);
        result.data[start + x] = above + down * (below - above) + 0.5;
      }
    }
  }
  return result;
}

/** Which pixels of a line lie inside the image, the two pixels each lies between, and how near it is to the second. */
function taps(to: number, from: number, scale: number, move: number): [number, number, number, number][] {
  const found: [number, number, number, number][] = [];
  for (let i = 0; i < to; i++) {
    const at = (i + 0.5 - move) / scale - 0.5;
    if (at < -0.5 || at > from - 0.5) continue;
    const inside = Math.min(from - 1, Math.max(0, at));
    const first = Math.floor(inside);
    found.push([i, first, Math.min(from - 1, first + 1), inside - first]);
  }
  return found;
}

export interface BoxAugmentOptions {
  /** Whether images are mirrored left and right, half of the time. Default: true. */
  readonly flip?: boolean;
  /** Whether images are turned upside down, half of the time: where no way is up. Default: false. */
  readonly flipVertical?: boolean;
  /** Images are scaled by a factor from this range, evenly in its logarithm. Default: [0.7, 1.4]. */
  readonly scale?: readonly [number, number];
  /** How much longer one axis may become than the other. Default: 1.15. */
  readonly stretch?: number;
  /** By how much of their size images are moved, at most. Default: 0.15. */
  readonly translate?: number;
  /** How far colours change. Default: brightness 0.25, contrast 0.25, saturation 0.25, hue 0.02. */
  readonly colour?: ColourJitter;
}

/**
 * Flips, scales (in or out), stretches, moves and recolours an image at random, and moves its boxes with it. All but the colours is
 * one resampling.
 */
export function augmentBoxes(options: BoxAugmentOptions = {}): BoxTransform {
  const { flip = true, flipVertical = false, scale = [0.7, 1.4], stretch = 1.15, translate = 0.15 } = options;
  const recolour = colourJitter(
    options.colour ?? { brightness: 0.25, contrast: 0.25, saturation: 0.25, hue: 0.02 },
  );
  return async (example, random) => {
    const [, height, width] = example.image.shape as [number, number, number];
    const factor = Math.exp(random.uniform(Math.log(scale[0]), Math.log(scale[1])));
    const ratio = Math.exp(random.uniform(-Math.log(stretch), Math.log(stretch)) / 2);
    const scaleX = factor * ratio * (flip && random.chance(0.5) ? -1 : 1);
    const scaleY = (factor / ratio) * (flipVertical && random.chance(0.5) ? -1 : 1);
    const centred = (size: number, by: number): number => (size - by * size) / 2;
    const placed = placeImage(
      example,
      {
        scaleX,
        scaleY,
        moveX: centred(width, scaleX) + random.uniform(-translate, translate) * width,
        moveY: centred(height, scaleY) + random.uniform(-translate, translate) * height,
      },
      [height, width],
    );
    return { ...placed, image: (await recolour(placed.image, random)) as NdArray<'uint8'> };
  };
}
