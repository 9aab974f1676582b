import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../graph/random.js';
import { assertNear } from '../testing/compare.js';
import { dot, type NearRow, nearestRows, unitTable } from './vectors.js';

describe('the nearest rows', () => {
  const [rows, width] = [1000, 6];
  const random = new Random(3);
  const values = Float32Array.from({ length: rows * width }, () => random.normal());
  values.copyWithin(0, 7 * width, 8 * width); // row 0 is row 7
  const table = unitTable(values, width);
  const vector = Float32Array.from({ length: width }, () => random.normal(0, 9));
  const row = (i: number): Float32Array => table.subarray(i * width, (i + 1) * width);
  /** All rows but some, sorted by the cosine with the vector. */
  const sorted = (without: ReadonlySet<number> = new Set()): NearRow[] =>
    Array.from({ length: rows }, (_, i) => ({
      row: i,
      similarity: dot(vector, row(i)) / Math.hypot(...vector),
    }))
      .filter(({ row }) => !without.has(row))
      .sort((a, b) => b.similarity - a.similarity);
  const rowsOf = (found: readonly NearRow[]): number[] => found.map(({ row }) => row);

  it('are those of all rows sorted, however many are asked for', () => {
    for (const k of [0, 1, 5, 100, rows, rows + 5]) {
      const [found, expected] = [nearestRows(table, vector, k), sorted().slice(0, k)];
      assert.deepEqual(rowsOf(found), rowsOf(expected), `${k}`);
      assertNear(
        found.map(({ similarity }) => similarity),
        expected.map(({ similarity }) => similarity),
        1e-12,
        `${k}`,
      );
    }
  });

  it('leave out what is excluded, and give equal ones in their order', () => {
    const [first, second] = sorted();
    const without = new Set([first!.row, second!.row]);
    assert.deepEqual(rowsOf(nearestRows(table, vector, 5, without)), rowsOf(sorted(without).slice(0, 5)));
    assert.deepEqual(rowsOf(nearestRows(table, row(7), 2)), [0, 7]);
  });
});
