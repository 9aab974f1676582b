import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import {
  convolution,
  convolutionFilterGradient,
  convolutionInputGradient,
} from '../primitives/convolution.js';
import { spread } from '../primitives/define.js';
import { assertNear, toReference } from '../testing/compare.js';
import { convolutionsByTiles } from './convolutionWinograd.js';

/** A convolution of 3x3 with its two gradients. */
function graphOf(
  shape: readonly number[],
  filters: number,
  before: readonly number[] = [1, 1],
  after: readonly number[] = [1, 1],
  stride = 1,
) {
  const window = { strides: [stride, stride], dilations: [1, 1], groups: 1, before, after };
  const x = input('x', 'float32', shape);
  const w = input('w', 'float32', [filters, shape[1]!, 3, 3]);
  const bias = input('bias', 'float32', [filters]);
  const y = convolution(x, w, window, bias);
  const g = input('g', 'float32', y.shape);
  const gradients = [
    convolutionInputGradient(g, w, x.shape, window),
    convolutionFilterGradient(x, g, w.shape, window),
  ];
  return new Graph([x, w, bias, g], [y, ...gradients]);
}

const namesOf = (graph: Graph): string[] => graph.nodes.map(({ primitive }) => primitive.name);
const isConvolution = (name: string): boolean => name.startsWith('convolution');

describe('convolutions by tiles', () => {
  for (const [name, graph] of [
    ['tiles that fit', graphOf([2, 32, 4, 8], 33)],
    ['lines that end within a tile', graphOf([2, 33, 5, 7], 32)],
    ['no padding', graphOf([2, 32, 6, 6], 32, [0, 0], [0, 0])],
    ['other padding on each side', graphOf([1, 32, 7, 4], 32, [0, 2], [1, 1])],
    ['two by two', graphOf([3, 32, 2, 2], 34)],
    ['two high, in tiles wide', graphOf([2, 32, 2, 6], 32)],
  ] as const) {
    it(`give what convolutions give: ${name}`, () => {
      const rewritten = convolutionsByTiles(graph);
      assert.deepEqual(namesOf(rewritten).filter(isConvolution), []);
      const arrays = graph.inputs.map(({ shape }, i) =>
        toReference(spread(shape as number[], -1, 1, 0.2 * i)),
      );
      const expected = evaluateReference(graph, arrays);
      for (const [position, found] of evaluateReference(rewritten, arrays).entries()) {
        assert.deepEqual(found.shape, expected[position]!.shape);
        assertNear(found.data, expected[position]!.data, 1e-5, `output ${position}`);
      }
    });
  }

  for (const [name, graph] of [
    ['few channels', graphOf([2, 31, 8, 8], 64)],
    ['long lines for the channels', graphOf([2, 32, 8, 20], 32)],
    ['large filters for the images', graphOf([1, 256, 4, 4], 256)],
    ['strides', graphOf([2, 32, 9, 9], 32, [1, 1], [1, 1], 2)],
    ['fewer outputs than a tile', graphOf([2, 32, 3, 3], 32)],
  ] as const) {
    it(`leave convolutions as they are: ${name}`, () => {
      assert.deepEqual(namesOf(convolutionsByTiles(graph)), namesOf(graph));
    });
  }
});
