// Vectors as arrays, outside of graphs: their lengths, and which of many point the way of one.

/** A row of a table, and how much it points the way of a vector. */
export interface NearRow {
  readonly row: number;
  /** Cosine of the angle, from -1 to 1. */
  readonly similarity: number;
}

/**
 * The rows whose directions are nearest to a vector's, nearest first: found by comparing with all of them, which for some ten thousands of
 * rows takes a few milliseconds.
 * @param table rows of length 1, as wide as the vector
 * @param k the most rows to give
 * @param excluded rows that do not count
 */
export function nearestRows(
  table: Float32Array,
  vector: Float32Array,
  k: number,
  excluded: ReadonlySet<number> = new Set(),
): NearRow[] {
  const width = vector.length;
  const length = Math.sqrt(dot(vector, vector)) || 1;
  const similarities = Float64Array.from(
    { length: table.length / width },
    (_, row) => dot(vector, table.subarray(row * width, (row + 1) * width)) / length,
  );
  return [...similarities.keys()]
    .filter((row) => !excluded.has(row))
    .sort((i, j) => similarities[j]! - similarities[i]!)
    .slice(0, k)
    .map((row) => ({ row, similarity: similarities[row]! }));
}

/** The rows of a table brought to length 1; zeros stay zeros. */
export function unitTable(values: Float32Array, width: number): Float32Array<ArrayBuffer> {
  const unit = new Float32Array(values);
  for (let at = 0; at < unit.length; at += width) {
    const row = unit.subarray(at, at + width);
    const length = Math.sqrt(dot(row, row)) || 1;
    for (const [i, value] of row.entries()) row[i] = value / length;
  }
  return unit;
}

type Vector = Float32Array | Float64Array;

/** The sum of the products of two vectors' elements. */
export function dot(a: Vector, b: Vector): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
