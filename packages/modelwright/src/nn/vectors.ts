// Vectors as arrays, outside of graphs: their lengths, and which of many point the way of one.

/** A row of a table, and how much it points the way of a vector. */
export interface NearRow {
  readonly row: number;
  /** Cosine of the angle, from -1 to 1. */
  readonly similarity: number;
}

/** Finds rows whose directions are near to a vector's, without comparing with all of them: it may miss some. */
export interface RowIndex {
  /** The nearest rows that it finds, nearest first, `k` at most. */
  nearest(vector: Float32Array, k: number): NearRow[];
}

/**
 * The rows whose directions are nearest to a vector's, nearest first: found by comparing with all of them, which takes about a millisecond
 * for 10,000 rows of 64 numbers.
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
  const length = Math.sqrt(dot(vector, vector)) || 1;
  const rows = table.length / vector.length;
  let nearest: NearRow[] = [];
  let least = Number.NEGATIVE_INFINITY;
  const keepNearest = (): void => {
    nearest = nearest.sort((a, b) => b.similarity - a.similarity).slice(0, k);
    least = nearest[k - 1]?.similarity ?? least;
  };
  for (let row = 0; row < rows; row++) {
    const similarity = dot(vector, table, row * vector.length) / length;
    if (similarity <= least || excluded.has(row)) continue;
    nearest.push({ row, similarity });
    if (nearest.length > 2 * k + 16) keepNearest();
  }
  keepNearest();
  return nearest;
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

/** The sum of the products of a vector's elements and those of another from a place on. */
export function dot(a: Vector, b: Vector, from = 0): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[from + i]!;
  return total;
}
