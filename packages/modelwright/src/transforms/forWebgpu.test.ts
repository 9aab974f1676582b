import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { runReference } from '../graph/evaluate.js';
import { checkGraph, Graph } from '../graph/graph.js';
import { apply, input, type Tensor } from '../graph/tensor.js';
import { argMax, constant, matmul, primitives, scan } from '../primitives/index.js';
import { forWebgpu } from './forWebgpu.js';

const rewritten = [
  'logSoftmax',
  'classLogLoss',
  'classLogLossGradient',
  'sign',
  'argMax',
  'round',
  'resize',
  'letterbox',
  'scan',
];

describe('graphs for WebGPU', () => {
  for (const primitive of primitives.filter(({ name }) => rewritten.includes(name))) {
    it(`have no ${primitive.name}, and compute the same`, () => {
      for (const { inputs, attributes } of primitive.samples()) {
        const tensors = inputs.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
        const graph = new Graph(tensors, apply(primitive, tensors, attributes));
        const found = forWebgpu(graph);
        checkGraph(found);
        assert.ok(found.nodes.every(({ primitive: { name } }) => !rewritten.includes(name)));
        const expected = runReference(graph, inputs);
        for (const [i, { shape, data }] of runReference(found, inputs).entries()) {
          assert.deepEqual(shape, expected[i]!.shape);
          for (const [k, value] of data.entries())
            assert.ok(
              Math.abs(Number(value) - Number(expected[i]!.data[k])) < 1e-5,
              `output ${i}, element ${k}`,
            );
        }
      }
    });
  }

  it('keep a long loop a loop', () => {
    const scan = primitives.find(({ name }) => name === 'scan')!;
    const { inputs, attributes } = scan.samples()[0]!;
    const carries = attributes.carries as number;
    const scanned = attributes.scanned as number;
    const tensors = inputs.map(({ dtype, shape }, i) => {
      const isScanned = i >= carries && i < carries + scanned;
      return input(`x${i}`, dtype, isScanned ? [20_000, ...shape.slice(1)] : shape);
    });
    const graph = forWebgpu(new Graph(tensors, apply(scan, tensors, attributes)));
    assert.deepEqual(
      graph.nodes.map(({ primitive: { name } }) => name),
      ['scan'],
    );
  });

  it('keep a loop in a loop a loop, when its steps are too many together', () => {
    const x = input('x', 'float32', [150, 150]);
    const total = (carry: Tensor, xs: Tensor): Tensor =>
      scan((sum: Tensor, each: Tensor) => ({ carry: sum.add(each), outputs: {} }), carry, xs).carry;
    const sums = scan(
      (carry: Tensor, row: Tensor) => ({ carry: total(carry, row), outputs: {} }),
      constant(0),
      x,
    );
    assert.ok(
      forWebgpu(new Graph([x], [sums.carry])).nodes.some(({ primitive }) => primitive.name === 'scan'),
    );
  });

  it('give zeros for products of matrices without elements', () => {
    const [a, b] = [input('a', 'float32', [2, 3, 0]), input('b', 'float32', [2, 0, 4])];
    const graph = forWebgpu(new Graph([a, b], [matmul(a, b)]));
    assert.deepEqual(
      graph.nodes.map(({ primitive: { name } }) => name),
      ['constant'],
    );
    const nothing = [a, b].map(({ shape }) => new NdArray('float32', shape as readonly number[]));
    const [zeros] = runReference(graph, nothing);
    assert.deepEqual([zeros!.shape, ...zeros!.toNumbers()], [[2, 3, 4], ...new Array(24).fill(0)]);
  });

  it('give a position that there is, where the largest is NaN', () => {
    const scores = new NdArray('float32', [2, 3], Float32Array.of(1, Number.NaN, 2, 0, 5, 0));
    const x = input('x', 'float32', [2, 3]);
    const [positions] = runReference(forWebgpu(new Graph([x], [argMax(x, 1)])), [scores]);
    assert.ok(Number(positions!.data[0]) < 3, `${positions!.data[0]}`);
    assert.equal(positions!.data[1], 1);
  });

  it('give minus infinity at a class that cannot be, and no NaN elsewhere', () => {
    const logits = new NdArray('float32', [2, 3], Float32Array.of(1, Number.NEGATIVE_INFINITY, 2, 0, 0, 0));
    const classes = NdArray.from([2, 1], 'int32');
    const loss = primitives.find(({ name }) => name === 'classLogLoss')!;
    const tensors = [input('x', 'float32', [2, 3]), input('classes', 'int32', [2])];
    const [losses] = runReference(forWebgpu(new Graph(tensors, apply(loss, tensors, { smoothing: 0 }))), [
      logits,
      classes,
    ]);
    assert.ok(Math.abs((losses!.data[0]! as number) - Math.log(1 + Math.exp(-1))) < 1e-6);
    assert.ok(Math.abs((losses!.data[1]! as number) - Math.log(3)) < 1e-6);
  });
});
