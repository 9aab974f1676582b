import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';

/**
 * Rows of length 1 as networks give them for pictures of many classes: those of a class lie together, and the spread of both the classes and
 * what lies within them falls from dimension to dimension, as `1/√(dimension + 1)`.
 * @param each rows of a class
 */
export function clusteredEmbeddings(
  rows: number,
  dimensions: number,
  seed: number,
  each = 20,
): NdArray<'float32'> {
  const random = new Random(seed);
  const spread = Float64Array.from({ length: dimensions }, (_, i) => 1 / Math.sqrt(i + 1));
  const classes = Math.ceil(rows / each);
  const centres = Float64Array.from(
    { length: classes * dimensions },
    (_, i) => spread[i % dimensions]! * random.normal(),
  );
  const table = new NdArray('float32', [rows, dimensions]);
  for (let row = 0; row < rows; row++) {
    const centre = random.integer(0, classes) * dimensions;
    const values = spread.map((deviation, i) => centres[centre + i]! + deviation * random.normal(0, 0.5));
    const length = Math.hypot(...values);
    table.data.set(
      values.map((value) => value / length),
      row * dimensions,
    );
  }
  return table;
}
