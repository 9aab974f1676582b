import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { Dataset } from './dataset.js';
import { drawGlyph } from './drawGlyph.js';
import { glyphs } from './glyphs.js';
import type { TrainTest } from './split.js';

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
    const random = new Random(seed, part, i, 1);
    drawGlyph(glyphs[digit]!, random, input.data.subarray(i * pixels, (i + 1) * pixels), size);
  }
  return Dataset.fromArrays({ input, target }).withClassNames(glyphs.map((_, digit) => String(digit)));
}
