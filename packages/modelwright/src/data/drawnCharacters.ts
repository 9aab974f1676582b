import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { requireCount } from './checks.js';
import { Dataset } from './dataset.js';
import { drawGlyph } from './drawGlyph.js';
import type { Glyph } from './glyphs.js';
import type { Point } from './strokes.js';

export interface DrawnCharactersOptions {
  /** How many different characters; 60 by default. */
  readonly classes?: number;
  /** Drawings of each; 20 by default. */
  readonly perClass?: number;
  /** The same seed gives the same characters and drawings; 0 by default. */
  readonly seed?: number;
  /** Height and width in pixels; 28 by default. */
  readonly size?: number;
}

/**
 * Characters of an invented script: `{ input: uint8 [1, size, size], target: int32 [] }`, white on black, class by class. Each character is
 * two to four strokes between points of a grid, drawn by the simulated pen of `digits`. For learning to compare: there may be as many
 * classes as are wanted.
 */
export function drawnCharacters(
  options: DrawnCharactersOptions = {},
): Dataset<{ input: NdArray; target: NdArray }> {
  const { classes = 60, perClass = 20, seed = 0, size = 28 } = options;
  for (const [name, value] of Object.entries({ classes, perClass, size })) {
    requireCount('drawnCharacters', name, value, 1);
  }
  const count = classes * perClass;
  const input = new NdArray('uint8', [count, 1, size, size]);
  const target = new NdArray('int32', [count]);
  for (let i = 0; i < count; i++) {
    const character = Math.floor(i / perClass);
    target.data[i] = character;
    const pixels = input.data.subarray(i * size * size, (i + 1) * size * size);
    drawGlyph([inventGlyph(new Random(seed, character))], new Random(seed, character, i + 1), pixels, size);
  }
  const names = Array.from({ length: classes }, (_, character) => `character-${character + 1}`);
  return Dataset.fromArrays({ input, target }).withClassNames(names);
}

/** Two to four strokes, each of two to four points that lie apart on a grid of three by three. */
function inventGlyph(random: Random): Glyph {
  const strokes = random.integer(2, 5);
  return Array.from({ length: strokes }, () => {
    const places = random.permutation(9).subarray(0, random.integer(2, 5));
    return {
      curve: random.chance(0.5),
      points: Array.from(places, (place): Point => [(place % 3) / 2, Math.floor(place / 3) / 2]),
    };
  });
}
