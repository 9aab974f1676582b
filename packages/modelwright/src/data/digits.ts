import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { Dataset } from './dataset.js';
import { glyphs } from './glyphs.js';
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
