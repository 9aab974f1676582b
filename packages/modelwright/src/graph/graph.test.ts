import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../onnx/encode.js';
import { addPrimitive } from '../primitives/arithmetic.js';
import { add, concat, constant, matmul, mul, relu, reshape, sum } from '../primitives/index.js';
import { gradients } from '../transforms/grad.js';
import { simplify } from '../transforms/simplify.js';
import { NdArray } from './array.js';
import { evaluateReference } from './evaluate.js';
import { bindSizes, checkGraph, Graph, printGraph, sizesFrom } from './graph.js';
import { type GraphNode, input, type Primitive, Tensor } from './tensor.js';

describe('a graph', () => {
  it('prints as text that a person can read', () => {
    const x = input('x', 'float32', ['batch', 3]);
    const w = input('w', 'float32', [3, 2]);
    const hidden = relu(matmul(x, w).add(constant(NdArray.from([0.5, -1]))));
    assert.equal(
      printGraph(new Graph([x, w], [hidden.sum(1), hidden])),
      [
        'graph(x: float32[batch, 3], w: float32[3, 2]) {',
        '  %0: float32[2] = constant {value: [2](0.5, -1)}',
        '  %1: float32[batch, 2] = matmul x w {transposeA: false, transposeB: false}',
        '  %2: float32[batch, 2] = add %1 %0',
        '  %3: float32[batch, 2] = relu %2',
        '  %4: float32[batch] = sum %3 {axes: [1], keepDimensions: false}',
        '  return %4, %3',
        '}',
      ].join('\n'),
    );
  });

  it('tells inputs of one name apart in print', () => {
    const [a, b] = [input('x', 'float32', []), input('x', 'float32', [])];
    assert.match(printGraph(new Graph([a, b], [add(a, b)])), /add x x\.1/);
  });

  it('takes sizes for its open dimensions from what it is given', () => {
    const x = input('x', 'float32', ['batch', 2]);
    const y = input('y', 'float32', ['batch', 3]);
    const graph = new Graph([x, y], [reshape(concat([x, y], 1), [-1])]);
    assert.deepEqual(graph.outputs[0]!.shape, ['batch*5']);
    const sizes = sizesFrom(graph, [
      [4, 2],
      [4, 3],
    ]);
    assert.deepEqual(bindSizes(graph, sizes).outputs[0]!.shape, [20]);
    assert.throws(
      () =>
        sizesFrom(graph, [
          [4, 2],
          [5, 3],
        ]),
      /y: expected a shape of \[batch, 3\], but got \[5, 3\]/,
    );
    assert.throws(() => sizesFrom(graph, [[4, 2]]), /y: expected a shape of \[batch, 3\], but got nothing/);
  });
});

describe('checkGraph', () => {
  it('finds a value that nothing in the graph makes', () => {
    const x = input('x', 'float32', [2]);
    const stranger = input('stranger', 'float32', [2]);
    assert.throws(
      () => checkGraph(new Graph([x], [add(x, stranger)]), 'a rewrite'),
      /not valid after a rewrite: input 1 of add \(float32\[2\]\) is neither an input of the graph nor made in it/,
    );
    assert.throws(() => checkGraph(new Graph([x], [stranger])), /the output float32\[2\] is not made in it/);
  });

  it('finds an output of another type than its primitive gives', () => {
    const x = input('x', 'float32', [2]);
    const outputs: Tensor[] = [];
    const node: GraphNode = { primitive: addPrimitive as Primitive, inputs: [x, x], attributes: {}, outputs };
    outputs.push(new Tensor({ dtype: 'float32', shape: [3] }, { node, output: 0 }));
    assert.throws(
      () => checkGraph(new Graph([x], outputs)),
      /add gives float32\[2\], but its output says float32\[3\]/,
    );
  });
});

describe('a graph 20,000 nodes deep', () => {
  it('is sorted, checked, differentiated, simplified, printed, evaluated and encoded', () => {
    const x = input('x', 'float32', []);
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = add(mul(y, 0.9999), x);
    const graph = new Graph([x], [y, ...gradients(sum(y), [x])]);
    assert.ok(graph.nodes.length > 40_000);
    checkGraph(graph);
    const simple = simplify(graph);
    // The gradient's factors are multiplied in float32 while compiling. y = x (r^n + (1 - r^n) / (1 - r)) with r = 0.9999, as float32 has it
    const r = Math.fround(0.9999);
    const slope = r ** 10_000 + (1 - r ** 10_000) / (1 - r);
    const [value, gradient] = evaluateReference(simple, [{ shape: [], data: Float64Array.of(2) }]);
    assert.ok(Math.abs(value!.data[0]! / (2 * slope) - 1) < 1e-6, `${value!.data[0]} for ${2 * slope}`);
    assert.ok(Math.abs(gradient!.data[0]! / slope - 1) < 1e-4, `${gradient!.data[0]} for ${slope}`);
    assert.ok(printGraph(simple).length > 100_000);
    assert.ok(encodeModel(simple).length > 100_000);
  });
});
