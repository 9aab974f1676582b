import { NdArray } from '../graph/array.js';
import { Dataset } from './dataset.js';
import { Random } from './random.js';
import type { TrainTest } from './split.js';
import { drawStrokes, type Point, smooth } from './strokes.js';

export interface DigitsOptions {
  /** Number of digits to learn from; 5,000 by default. */
  readonly train?: number;
  /** Number of digits to measure on; 1,000 by default. */
  readonly test?: number;
  /** The same seed gives the same digits; 0 by default. */
  readonly seed?: number;
  /** Height and width in pixels; 28 by default. */
  readonly size?: number;
}

/** A digit as a pen writes it: lines through points of the unit square, y downwards; `curve` rounds them off. */
type Glyph = readonly { readonly curve: boolean; readonly points: readonly Point[] }[];

const curve = (...points: Point[]): Glyph[number] => ({ curve: true, points });
const line = (...points: Point[]): Glyph[number] => ({ curve: false, points });

/** For each digit the ways people write it. */
const glyphs: readonly (readonly Glyph[])[] = [
  [
    [
      curve(
        [0.5, 0],
        [0.22, 0.14],
        [0.12, 0.5],
        [0.22, 0.86],
        [0.5, 1],
        [0.78, 0.86],
        [0.88, 0.5],
        [0.78, 0.14],
        [0.5, 0],
      ),
    ],
    [
      curve(
        [0.66, 0.05],
        [0.36, 0.06],
        [0.14, 0.4],
        [0.2, 0.84],
        [0.5, 1],
        [0.8, 0.82],
        [0.86, 0.4],
        [0.7, 0.1],
        [0.48, 0.02],
      ),
    ],
  ],
  [
    [line([0.5, 0], [0.5, 1])],
    [line([0.28, 0.24], [0.54, 0], [0.54, 1])],
    [line([0.26, 0.26], [0.52, 0], [0.52, 1]), line([0.24, 1], [0.8, 1])],
  ],
  [
    [
      curve([0.14, 0.24], [0.28, 0.05], [0.55, 0], [0.8, 0.12], [0.82, 0.34], [0.62, 0.6], [0.14, 1]),
      line([0.14, 1], [0.88, 1]),
    ],
    [
      curve(
        [0.16, 0.2],
        [0.4, 0],
        [0.74, 0.06],
        [0.8, 0.34],
        [0.55, 0.7],
        [0.24, 0.96],
        [0.12, 0.86],
        [0.3, 0.78],
        [0.6, 0.96],
        [0.9, 0.9],
      ),
    ],
  ],
  [
    [
      curve([0.16, 0.12], [0.46, 0], [0.76, 0.1], [0.74, 0.34], [0.42, 0.47]),
      curve([0.42, 0.47], [0.78, 0.56], [0.86, 0.78], [0.64, 0.98], [0.32, 1], [0.1, 0.86]),
    ],
    [
      line([0.16, 0.02], [0.8, 0.02], [0.42, 0.4]),
      curve([0.42, 0.4], [0.78, 0.5], [0.84, 0.76], [0.62, 0.98], [0.3, 1], [0.1, 0.86]),
    ],
  ],
  [
    [line([0.62, 0], [0.1, 0.66], [0.92, 0.66]), line([0.66, 0.36], [0.66, 1])],
    [line([0.2, 0], [0.16, 0.52], [0.8, 0.5]), line([0.78, 0], [0.74, 1])],
    [
      curve([0.24, 0.02], [0.14, 0.34], [0.26, 0.54], [0.56, 0.52], [0.78, 0.36]),
      line([0.8, 0.02], [0.76, 1]),
    ],
  ],
  [
    [
      line([0.82, 0.02], [0.26, 0.02], [0.2, 0.44]),
      curve([0.2, 0.44], [0.5, 0.36], [0.82, 0.5], [0.84, 0.78], [0.58, 0.99], [0.3, 0.99], [0.1, 0.86]),
    ],
    [
      curve(
        [0.84, 0],
        [0.5, 0.04],
        [0.28, 0.06],
        [0.22, 0.4],
        [0.5, 0.46],
        [0.76, 0.66],
        [0.68, 0.92],
        [0.4, 1],
        [0.14, 0.9],
      ),
    ],
  ],
  [
    [
      curve(
        [0.7, 0],
        [0.4, 0.16],
        [0.18, 0.5],
        [0.2, 0.86],
        [0.48, 1],
        [0.78, 0.88],
        [0.78, 0.62],
        [0.5, 0.5],
        [0.22, 0.7],
      ),
    ],
    [
      curve(
        [0.5, 0],
        [0.26, 0.4],
        [0.2, 0.78],
        [0.42, 1],
        [0.7, 0.92],
        [0.7, 0.68],
        [0.46, 0.62],
        [0.24, 0.8],
      ),
    ],
  ],
  [
    [line([0.12, 0.02], [0.86, 0.02], [0.4, 1])],
    [curve([0.1, 0.14], [0.3, 0.04], [0.6, 0.08], [0.86, 0.02]), curve([0.86, 0.02], [0.62, 0.4], [0.46, 1])],
    [line([0.14, 0.04], [0.84, 0.02], [0.42, 1]), line([0.32, 0.5], [0.8, 0.48])],
  ],
  [
    [
      curve(
        [0.5, 0.46],
        [0.22, 0.32],
        [0.26, 0.08],
        [0.5, 0],
        [0.74, 0.08],
        [0.78, 0.32],
        [0.5, 0.46],
        [0.16, 0.66],
        [0.2, 0.92],
        [0.5, 1],
        [0.8, 0.92],
        [0.84, 0.66],
        [0.5, 0.46],
      ),
    ],
    [
      curve(
        [0.78, 0.12],
        [0.5, 0],
        [0.22, 0.14],
        [0.3, 0.38],
        [0.7, 0.6],
        [0.78, 0.86],
        [0.5, 1],
        [0.22, 0.88],
        [0.28, 0.62],
        [0.66, 0.38],
        [0.78, 0.12],
      ),
    ],
  ],
  [
    [
      curve([0.78, 0.3], [0.54, 0.5], [0.24, 0.42], [0.2, 0.14], [0.48, 0], [0.76, 0.1], [0.78, 0.3]),
      line([0.78, 0.3], [0.72, 1]),
    ],
    [
      curve(
        [0.8, 0.22],
        [0.6, 0],
        [0.3, 0.06],
        [0.2, 0.3],
        [0.42, 0.48],
        [0.7, 0.38],
        [0.8, 0.16],
        [0.8, 0.6],
        [0.62, 0.94],
        [0.3, 0.98],
      ),
    ],
  ],
];

/** The steps of a curve between two of its points. */
const curveSteps = 5;

/**
 * Digits drawn by a simulated pen: `{ input: uint8 [1, size, size], target: int32 [] }`, white on black as in MNIST.
 *
 * Each digit has two or three shapes; slant, rotation, scale, place, bend, pen width, ink and noise vary at random. Nothing
 * is downloaded, and the same seed gives the same digits everywhere. The classes are balanced.
 */
export function digits(options: DigitsOptions = {}): TrainTest<{ input: NdArray; target: NdArray }> {
  const { train = 5000, test = 1000, seed = 0, size = 28 } = options;
  return { train: drawDigits(train, seed, 0, size), test: drawDigits(test, seed, 1, size) };
}

function drawDigits(
  count: number,
  seed: number,
  part: number,
  size: number,
): Dataset<{ input: NdArray; target: NdArray }> {
  const input = new NdArray('uint8', [count, 1, size, size]);
  const target = new NdArray('int32', [count]);
  const pixels = size * size;
  let classes: Int32Array = new Int32Array(0);
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) classes = new Random(seed, part, i).permutation(10);
    const digit = classes[i % 10]!;
    target.data[i] = digit;
    drawDigit(digit, new Random(seed, part, i, 1), input.data.subarray(i * pixels, (i + 1) * pixels), size);
  }
  return Dataset.fromArrays({ input, target }).withClassNames(glyphs.map((_, digit) => String(digit)));
}

/** Draws one digit, varied at random, into `size * size` pixels. */
function drawDigit(digit: number, random: Random, pixels: Uint8Array, size: number): void {
  const place = randomPlacement(random, size);
  const strokes = random.choice(glyphs[digit]!).map((stroke) => {
    const points = stroke.points.map(
      ([x, y]): Point => [x + random.normal(0, 0.025), y + random.normal(0, 0.025)],
    );
    return (stroke.curve ? smooth(points, curveSteps) : points).map(place);
  });
  const width = random.uniform(0.05, 0.105) * size;
  const ink = random.uniform(170, 255);
  const ground = drawStrokes(strokes, width / 2, size);
  const noise = random.uniform(0, 40);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.min(255, Math.max(0, Math.round(ink * ground[i]! + random.uniform(-noise, noise))));
  }
}

/** A random slant, rotation, scale, shift and bend, from the unit square to pixels. */
function randomPlacement(random: Random, size: number): (point: Point) => Point {
  const angle = random.normal(0, 0.14);
  const slant = random.normal(0.12, 0.2);
  const width = random.uniform(0.4, 0.66) * size;
  const height = random.uniform(0.54, 0.76) * size;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const centreX = size / 2 + random.normal(0, 0.055) * size;
  const centreY = size / 2 + random.normal(0, 0.045) * size;
  const bend = random.normal(0, 0.045);
  const phase = random.uniform(0, 2 * Math.PI);
  const swing = random.normal(0, 0.035);
  return ([x, y]) => {
    const u = (x - 0.5 + bend * Math.sin(4 * y + phase)) * width - slant * (y - 0.5) * height;
    const v = (y - 0.5 + swing * Math.sin(4 * x + phase)) * height;
    return [centreX + cos * u - sin * v, centreY + sin * u + cos * v];
  };
}
