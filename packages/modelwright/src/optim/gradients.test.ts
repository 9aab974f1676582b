import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { runReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { openOrt } from '../runtime/testing.js';
import { assertNear } from '../testing/compare.js';
import { readFixture } from '../testing/fixture.js';
import {
  adam,
  applyOptimizer,
  clipByGlobalNorm,
  clipByValue,
  emaUpdate,
  initOptimizer,
  learningRateOf,
} from './index.js';

interface Clipping {
  readonly limit: number;
  readonly norm: number;
  readonly clipped: number[][];
}

const { clipping } = readFixture<{ clipping: Clipping[] }>(import.meta.url, 'fixtures/optimizers.json');

describe('clipping', () => {
  const tree = { a: input('a', 'float32', [2]), nested: [input('b', 'float32', [1, 1])] as const };
  const inputs = [tree.a, tree.nested[0]];
  const values = [NdArray.from([3, -4]), NdArray.from([[12]])];

  for (const { limit, norm, clipped } of clipping) {
    it(`by a global norm of ${limit} as in PyTorch`, async () => {
      const [result, length] = clipByGlobalNorm(tree, limit);
      const found = await openOrt(new Graph(inputs, [result.a, result.nested[0], length]), values);
      assertNear(found[0]!.toNumbers(), clipped[0]!, 1e-6, 'first');
      assertNear(found[1]!.toNumbers(), clipped[1]!, 1e-6, 'second');
      assertNear(found[2]!.toNumbers(), [norm], 1e-6, 'norm');
    });
  }

  it('by value holds each element', () => {
    const result = clipByValue(tree, 3.5);
    const found = runReference(new Graph(inputs, [result.a, result.nested[0]]), values);
    assert.deepEqual(
      found.map((array) => array.toNumbers()),
      [[3, -3.5], [3.5]],
    );
  });
});

it('emaUpdate moves the average towards the parameter', () => {
  const [mean, value] = [input('mean', 'float32', [2]), input('value', 'float32', [2])];
  const graph = new Graph([mean, value], [emaUpdate(mean, value, 0.75)]);
  const found = runReference(graph, [NdArray.from([4, 0]), NdArray.from([0, 8])]);
  assert.deepEqual(found[0]!.toNumbers(), [3, 2]);
});

describe('optimisers over trees', () => {
  const arrays = { dense: { weight: NdArray.from([[1, -2]]), bias: NdArray.from([0.5]) } };
  const optimizer = adam(0.1, { epsilon: 0 });

  it('start from their slots, nested as the parameters', () => {
    const state = initOptimizer(optimizer, arrays);
    assert.deepEqual(Object.keys(state), ['firstMoment', 'secondMoment']);
    assert.deepEqual(state.firstMoment!.dense.weight.shape, [1, 2]);
    assert.deepEqual(state.secondMoment!.dense.bias.toNumbers(), [0]);
  });

  it('step every parameter: the first step of Adam is the learning rate against the sign of the gradient', () => {
    const stand = (name: string) => ({
      dense: {
        weight: input(`${name}.weight`, 'float32', [1, 2]),
        bias: input(`${name}.bias`, 'float32', [1]),
      },
    });
    const [parameters, gradients, first, second] = ['p', 'g', 'm', 'v'].map(stand);
    const scalars = optimizer.hyperparameters(1, learningRateOf(optimizer, 1));
    const hyper = Object.fromEntries(Object.keys(scalars).map((name) => [name, input(name, 'float32', [])]));
    const state = { firstMoment: first!, secondMoment: second! };
    const stepped = applyOptimizer(optimizer, gradients!, parameters!, state, hyper);
    const order = [parameters!, gradients!, first!, second!].flatMap(({ dense }) => [
      dense.weight,
      dense.bias,
    ]);
    const graph = new Graph(
      [...order, ...Object.values(hyper)],
      [
        stepped.parameters.dense.weight,
        stepped.parameters.dense.bias,
        stepped.state.firstMoment!.dense.weight,
      ],
    );
    const zeros = initOptimizer(optimizer, arrays);
    const given = [
      arrays,
      { dense: { weight: NdArray.from([[5, -0.01]]), bias: NdArray.from([2]) } },
      ...Object.values(zeros),
    ];
    const found = runReference(graph, [
      ...given.flatMap(({ dense }) => [dense.weight, dense.bias]),
      ...Object.values(scalars).map((value) => NdArray.from(value)),
    ]);
    assertNear(found[0]!.toNumbers(), [0.9, -1.9], 1e-6, 'weight');
    assertNear(found[1]!.toNumbers(), [0.4], 1e-6, 'bias');
    assertNear(found[2]!.toNumbers(), [5, -0.01], 1e-6, 'first moment, divided by 1 - beta1');
  });
});
