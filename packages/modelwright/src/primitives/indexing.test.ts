import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { openOrt } from '../runtime/testing.js';
import { scatterAdd } from './indexing.js';

it('scatterAdd counts every row, however many there are for the same index', async () => {
  const [rows, width] = [60_000, 64];
  const [updates, indices] = [input('updates', 'float32', [rows, width]), input('indices', 'int32', [rows])];
  const graph = new Graph([updates, indices], [scatterAdd(updates, indices, 4)]);
  const ones = NdArray.of('float32', [rows, width], new Array<number>(rows * width).fill(1));
  const which = NdArray.of(
    'int32',
    [rows],
    Array.from({ length: rows }, (_, row) => row % 3),
  );
  const [sums] = await openOrt(graph, [ones, which]);
  const expected = Array.from({ length: 4 * width }, (_, i) => (i < 3 * width ? rows / 3 : 0));
  assert.deepEqual(sums!.toNumbers(), expected);
});
