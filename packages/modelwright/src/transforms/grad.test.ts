import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NdArray } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { input, type Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import {
  add,
  constant,
  convolution,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  pow,
  relu,
  reshape,
  sigmoid,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
} from '../primitives/index.js';
import { assertNear, centralDifferences, toReference } from '../testing/compare.js';
import { grad, gradients, valueAndGrad } from './grad.js';
import { simplify } from './simplify.js';

const window = { strides: [1, 1], before: [1, 1], after: [0, 0], dilations: [1, 1], groups: 1 };
const pool = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0] };

/** Scalars of one or two tensors, in double precision. */
const functions: Record<string, { inputs: readonly NdArray[]; of: (...tensors: Tensor[]) => Tensor }> = {
  'sum of tanh(x)^3': { inputs: [spread([5])], of: (x) => sum(pow(tanh(x!), 3)) },
  'a convolution': {
    inputs: [spread([2, 2, 4, 3]), spread([3, 2, 2, 2])],
    of: (x, w) => sum(tanh(convolution(x!, w!, window))),
  },
  'a strided convolution in groups': {
    inputs: [spread([1, 4, 5, 5]), spread([2, 2, 3, 3])],
    of: (x, w) => sum(square(convolution(x!, w!, { ...window, strides: [2, 2], groups: 2 }))),
  },
  'a pooled network with cross entropy': {
    inputs: [spread([2, 1, 5, 5]), spread([8, 3])],
    of: (x, w) => {
      const filter = constant(spread([2, 1, 2, 2], -1, 1));
      const features = maxPool(sigmoid(convolution(x!, cast64(filter), { ...window, before: [0, 0] })), pool);
      return mean(logSoftmax(matmul(reshape(features, [2, 8]), w!)).slice(1, 1, 2));
    },
  },
};

const cast64 = (x: Tensor): Tensor => x.cast('float64');
const doubles = (arrays: readonly NdArray[]): Tensor[] =>
  arrays.map(({ shape }, i) => input(`x${i}`, 'float64', shape));

describe('gradients of gradients', () => {
  for (const [name, { inputs, of }] of Object.entries(functions)) {
    it(`${name}: agree with differences of gradients`, () => {
      const tensors = doubles(inputs);
      // A fixed direction in each gradient, so that the second derivative is of a scalar.
      const along = gradients(of(...tensors), tensors)
        .map((g) => sum(mul(g, cast64(constant(spread(g.shape as number[], -1, 1, 0.11))))))
        .reduce(add);
      const twice = new Graph(tensors, gradients(along, tensors));
      const values = inputs.map(toReference);
      const found = evaluateReference(simplify(twice), values);
      for (const [i, { data }] of found.entries()) {
        const expected = centralDifferences(new Graph(tensors, [along]), values, i);
        assert.ok(
          expected.some((x) => Math.abs(x) > 1e-3),
          'all differences vanish',
        );
        assertNear(data, expected, 1e-6, `input ${i}`);
      }
    });
  }

  it('of the second order have their known form: d²/dx² x^4 = 12 x²', () => {
    const x = input('x', 'float64', []);
    const second = grad((y: Tensor) => grad((z: Tensor) => pow(z, 4))(y))(x);
    const [value] = evaluateReference(new Graph([x], [second]), [{ shape: [], data: Float64Array.of(3) }]);
    assertNear(value!.data, [108], 1e-12, 'at 3');
  });
});

describe('a value', () => {
  for (const [name, { inputs, of }] of Object.entries(functions)) {
    it(`does not change because it is differentiated: ${name}`, () => {
      const tensors = doubles(inputs);
      const value = of(...tensors);
      const values = inputs.map(toReference);
      const [alone] = evaluateReference(simplify(new Graph(tensors, [value])), values);
      const [beside] = evaluateReference(
        simplify(new Graph(tensors, [value, ...gradients(value, tensors)])),
        values,
      );
      assert.equal(beside!.data[0], alone!.data[0]);
    });
  }
});

describe('gradients', () => {
  const at = (graph: Graph, ...values: number[]): number[] =>
    evaluateReference(
      graph,
      values.map((value) => ({ shape: [], data: Float64Array.of(value) })),
    ).map(({ data }) => data[0]!);

  it('add up over every way in which a tensor is used', () => {
    const x = input('x', 'float64', []);
    // x² + 3 x + x³ at 2: 2 x + 3 + 3 x²
    const y = add(add(mul(x, x), mul(x, 3)), mul(x, mul(x, x)));
    assertNear(at(new Graph([x], gradients(y, [x])), 2), [19], 1e-12, 'dy/dx');
  });

  it('stop at stopGradient, also after simplification', () => {
    const x = input('x', 'float64', []);
    const graph = simplify(new Graph([x], gradients(mul(x, stopGradient(square(x))), [x])));
    assertNear(at(graph, 3), [9], 1e-12, 'x² and not 3 x²');
  });

  it('are zeros, in the right shape, for what does not matter', () => {
    const [x, unused] = [input('x', 'float64', []), input('unused', 'float32', [2, 3])];
    const [, zero] = gradients(square(x), [x, unused]);
    assert.equal(`${zero}`, 'float32[2, 3]');
    const [value] = evaluateReference(new Graph([], [zero!]), []);
    assert.deepEqual([...value!.data], [0, 0, 0, 0, 0, 0]);
  });

  it('can be taken of a value inside the graph', () => {
    const x = input('x', 'float64', []);
    const hidden = square(x);
    assertNear(at(new Graph([x], gradients(pow(hidden, 3), [hidden])), 2), [48], 1e-12, 'dy/dh');
  });

  it('ask for a float scalar', () => {
    const x = input('x', 'float32', [3]);
    assert.throws(
      () => gradients(x, [x]),
      /only a float scalar has a gradient, but this is float32\[3\]\. Reduce it with sum\(\) or mean\(\) first/,
    );
    assert.throws(() => gradients(sum(x).cast('int32'), [x]), /int32\[\]/);
  });
});

describe('valueAndGrad', () => {
  it('gives the value and the gradient as a tree like the parameters', () => {
    const parameters = {
      layer: { weight: input('w', 'float64', []), bias: input('b', 'float64', []) },
      scales: [input('s', 'float64', [])],
    };
    const x = input('x', 'float64', []);
    const [value, found] = valueAndGrad((p: typeof parameters, given: Tensor) =>
      mul(add(mul(p.layer.weight, given), p.layer.bias), p.scales[0]!),
    )(parameters, x);
    const inputs = [parameters.layer.weight, parameters.layer.bias, parameters.scales[0]!, x];
    const graph = new Graph(inputs, [value, found.layer.weight, found.layer.bias, found.scales[0]!]);
    const values = [2, 3, 5, 7].map((each) => ({ shape: [], data: Float64Array.of(each) }));
    // (w x + b) s; x s, s, w x + b
    assert.deepEqual(
      evaluateReference(graph, values).map(({ data }) => data[0]),
      [85, 35, 5, 17],
    );
  });

  it('lets something pass beside the value', () => {
    const x = input('x', 'float64', []);
    const [[value, beside], found] = valueAndGrad(
      (y: Tensor) => [square(y), { doubled: mul(y, 2) }] as const,
      { auxiliary: true },
    )(x);
    const graph = new Graph([x], [value, beside.doubled, found]);
    assert.deepEqual(
      evaluateReference(graph, [{ shape: [], data: Float64Array.of(3) }]).map(({ data }) => data[0]),
      [9, 6, 6],
    );
  });

  it('has the gradient of relu at zero zero', () => {
    const x = input('x', 'float64', [3]);
    const found = grad((y: Tensor) => sum(relu(sub(y, 1))))(x);
    const [value] = evaluateReference(new Graph([x], [found]), [
      { shape: [3], data: Float64Array.of(0, 1, 2) },
    ]);
    assert.deepEqual([...value!.data], [0, 0, 1]);
  });
});
