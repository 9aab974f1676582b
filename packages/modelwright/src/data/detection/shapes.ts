import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { AnnotatedImage, Corners, DetectionData, ObjectBox } from './annotations.js';

export interface ShapesOptions {
  /** Images to learn from; 200 by default. */
  readonly train?: number;
  /** Images to measure on; 50 by default. */
  readonly test?: number;
  /** The same seed gives the same images; 0 by default. */
  readonly seed?: number;
  /** Height and width in pixels; 128 by default. */
  readonly size?: number;
}

type Cover = (x: number, y: number) => boolean;

/** Each shape within -1 .. 1, as a question about a point. */
const shapes: Readonly<Record<string, Cover>> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: () => true,
  triangle: (x, y) => Math.abs(x) <= (y + 1) / 2,
};

const names = Object.keys(shapes);

/**
 * Images of drawn shapes on noise, with the box of each: circles, squares and triangles in any colour, stretched a little, a few on
 * each image and hardly overlapping. Nothing is downloaded, and the same seed gives the same images everywhere.
 */
export function drawnShapes(options: ShapesOptions = {}): DetectionData {
  const { train = 200, test = 50, seed = 0, size = 128 } = options;
  const part = (count: number, which: number): AnnotatedImage[] =>
    Array.from({ length: count }, (_, i) =>
      drawImage(`shapes ${which}-${i}`, new Random(seed, which, i), size),
    );
  return { train: part(train, 0), validation: [], test: part(test, 1), classNames: names };
}

function drawImage(name: string, random: Random, size: number): AnnotatedImage {
  const pixels = new NdArray('uint8', [3, size, size]);
  const ground = [0, 1, 2].map(() => random.uniform(60, 190));
  const grain = random.uniform(10, 40);
  const plane = size * size;
  for (let i = 0; i < 3 * plane; i++) {
    pixels.data[i] = level(ground[Math.floor(i / plane)]! + random.uniform(-grain, grain));
  }
  const objects: ObjectBox[] = [];
  const wanted = random.integer(1, 6);
  for (let tries = 0; objects.length < wanted && tries < 40; tries++) {
    const box = randomBox(random, size);
    if (objects.some(({ box: other }) => share(box, other) > 0.1)) continue;
    const label = random.choice(names);
    const colour = ground.map((value) => (value + random.uniform(70, 185)) % 256);
    draw(pixels, shapes[label]!, box, colour);
    objects.push({ label, box });
  }
  return { name, width: size, height: size, objects, read: async () => pixels };
}

/** A box of whole pixels, between an eighth and a half of the image, less than one and a half times as long as wide. */
function randomBox(random: Random, size: number): Corners {
  const longer = random.uniform(size / 8, size / 2.2);
  const shorter = longer / random.uniform(1, 1.5);
  const [width, height] = (random.chance(0.5) ? [longer, shorter] : [shorter, longer]).map(Math.round) as [
    number,
    number,
  ];
  const [x, y] = [random.integer(0, size - width), random.integer(0, size - height)];
  return [x, y, x + width, y + height];
}

/** The share of the smaller box that lies in the other. */
function share(a: Corners, b: Corners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Corners): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / Math.min(area(a), area(b));
}

function draw(
  { data, shape }: NdArray<'uint8'>,
  covers: Cover,
  box: Corners,
  colour: readonly number[],
): void {
  const size = shape[2]!;
  const [left, top, right, bottom] = box;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const across = (2 * (x + 0.5 - left)) / (right - left) - 1;
      const down = (2 * (y + 0.5 - top)) / (bottom - top) - 1;
      if (!covers(across, down)) continue;
      for (const [channel, value] of colour.entries()) {
        const at = (channel * size + y) * size + x;
        data[at] = level(0.85 * value + 0.15 * data[at]!);
      }
    }
  }
}

const level = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
