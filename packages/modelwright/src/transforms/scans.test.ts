import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { runReference } from '../graph/evaluate.js';
import { bindSizes, checkGraph, Graph, printGraph } from '../graph/graph.js';
import { input, type Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import { add, matmul, mul, scan, square, sum, tanh } from '../primitives/index.js';
import { openOrt } from '../runtime/testing.js';
import { gradients } from './grad.js';
import { simplify } from './simplify.js';

const loops = (graph: Graph): Graph[] =>
  graph.nodes.flatMap(({ primitive, attributes }) =>
    primitive.name === 'scan' ? [attributes.body as Graph] : [],
  );
const operations = (graph: Graph): string[] => graph.nodes.map(({ primitive }) => primitive.name).sort();

function near(actual: NdArray, expected: NdArray, tolerance = 1e-5): void {
  assert.deepEqual(actual.shape, expected.shape);
  const [a, e] = [actual.toNumbers(), expected.toNumbers()];
  for (const [i, value] of e.entries())
    assert.ok(
      Math.abs(a[i]! - value) <= tolerance * Math.max(1, Math.abs(value)),
      `${i}: ${a[i]} for ${value}`,
    );
}

/** h' = tanh(x + h U), and the sum of squares of all h. */
function recurrence(length: number | string, batch: number | string = 2) {
  const x = input('x', 'float32', [length, batch, 3]);
  const u = input('u', 'float32', [3, 3]);
  const h0 = input('h0', 'float32', [batch, 3]);
  const { carry, outputs } = scan(
    (h: Tensor, xt: Tensor) => {
      const next = tanh(add(xt, matmul(h, u)));
      return { carry: next, outputs: next };
    },
    h0,
    x,
  );
  return { x, u, h0, carry, outputs, values: [spread([4, 2, 3]), spread([3, 3], -1, 1), spread([2, 3])] };
}

describe('loops', () => {
  it('run forwards once, and backwards in four nodes a step: the weight gradient is one product over all steps', async () => {
    const { x, u, h0, outputs, values } = recurrence(4);
    const loss = sum(square(outputs));
    const graph = new Graph([x, u, h0], [loss, ...gradients(loss, [x, u, h0])]);
    const simple = simplify(graph);
    const [forward, backward, ...more] = loops(simple);
    assert.deepEqual(more, []);
    assert.deepEqual(operations(forward!), ['add', 'matmul', 'tanh']);
    assert.deepEqual(operations(backward!), ['add', 'matmul', 'mul']);
    const products = simple.nodes.filter(({ primitive }) => primitive.name === 'matmul');
    assert.deepEqual(
      products.map(({ inputs }) => inputs.map(({ shape }) => shape)),
      [
        [
          [8, 3],
          [8, 3],
        ],
      ],
    );
    const expected = runReference(graph, values);
    for (const [i, array] of (await openOrt(simple, values, { extensions: true })).entries())
      near(array, expected[i]!);
  });

  it('leave out what nobody reads', () => {
    const { x, u, h0, carry } = recurrence(4);
    const simple = simplify(new Graph([x, u, h0], [carry]));
    assert.equal(loops(simple)[0]!.outputs.length, 1);
    const { carry: total } = scan(
      (c: Tensor, xs: { a: Tensor; b: Tensor }) => ({ carry: add(c, xs.a), outputs: mul(xs.b, 2) }),
      h0,
      { a: x, b: x },
    );
    const slim = simplify(new Graph([x, h0], [total]));
    assert.equal(loops(slim)[0]!.inputs.length, 2);
  });

  it('have second derivatives', async () => {
    const { x, u, h0, outputs, values } = recurrence(4);
    const slope = (inner: Tensor): Tensor => sum(square(gradients(inner, [u])[0]!));
    const forward = new Graph([x, u, h0], [slope(sum(square(outputs)))]);
    const graph = new Graph([x, u, h0], gradients(forward.outputs[0]!, [u]));
    const [found] = runReference(graph, values);
    const [, weights] = values;
    for (let i = 0; i < weights!.size; i++) {
      const at = (shift: number): number => {
        const moved = NdArray.of(
          'float64',
          weights!.shape,
          weights!.toNumbers().map((w, k) => w + (k === i ? shift : 0)),
        );
        return runReference(forward, [values[0]!, moved, values[2]!])[0]!.item();
      };
      const step = 1e-2;
      const difference = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      assert.ok(
        Math.abs(found!.toNumbers()[i]! - difference) <= 1e-3 * Math.max(1, Math.abs(difference)),
        `${found!.toNumbers()[i]} for ${difference}`,
      );
    }
    near((await openOrt(simplify(graph), values, { extensions: true }))[0]!, found!, 1e-4);
  });

  it('keep their sizes open, are bound with the graph around them, and print', async () => {
    const { x, u, h0, outputs, carry, values } = recurrence('time', 'batch');
    const open = new Graph([x, u, h0], [outputs, carry]);
    checkGraph(open);
    const expected = runReference(open, values);
    for (const [i, array] of (await openOrt(open, values)).entries()) near(array, expected[i]!);
    const bound = bindSizes(
      open,
      new Map([
        ['time', 4],
        ['batch', 2],
      ]),
    );
    checkGraph(bound);
    assert.deepEqual(bound.outputs[0]!.shape, [4, 2, 3]);
    assert.match(
      printGraph(bound),
      /scan .*body: graph\(carry: float32\[2, 3\], x: float32\[2, 3\], captured: float32\[3, 3\]\)/,
    );
  });

  it('compute what does not depend on the step outside', () => {
    const [x, w] = [input('x', 'float32', [4, 3]), input('w', 'float32', [3])];
    const { outputs } = scan(
      (c: Tensor, xt: Tensor) => ({ carry: c, outputs: add(mul(xt, tanh(w)), c) }),
      w,
      x,
    );
    const graph = new Graph([x, w], [outputs]);
    assert.deepEqual(operations(loops(graph)[0]!), ['add', 'mul']);
  });

  it('run along any axis, and for a number of steps where there is nothing to scan', () => {
    const x = NdArray.from([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const sums = (axis: number, reverse: boolean): number[] => {
      const [xs, start] = [input('x', 'float32', [2, 3]), input('start', 'float32', [2])];
      const step = (c: Tensor, xt: Tensor) => ({ carry: add(c, xt), outputs: add(c, xt) });
      const { outputs } = scan(step, start, xs, { axis, reverse });
      return runReference(new Graph([xs, start], [outputs]), [x, NdArray.from([0, 0])])[0]!.toNumbers();
    };
    assert.deepEqual(sums(1, false), [1, 3, 6, 4, 9, 15]);
    assert.deepEqual(sums(1, true), [6, 5, 3, 15, 11, 6]);
    const start = input('start', 'float32', []);
    const { carry, outputs } = scan((c: Tensor) => ({ carry: mul(c, 2), outputs: [c] }), start, [], {
      length: 3,
    });
    const results = runReference(new Graph([start], [carry, ...outputs]), [NdArray.from(5)]);
    assert.deepEqual(
      results.map((each) => each.toNumbers()),
      [[40], [5, 10, 20]],
    );
  });

  it('say what is wrong', () => {
    const [x, c] = [input('x', 'float32', [4, 3]), input('c', 'float32', [3])];
    const keep = (carry: Tensor) => ({ carry, outputs: carry });
    assert.throws(
      () => scan((a: Tensor) => ({ carry: sum(a), outputs: a }), c, x),
      /carry 0 should be float32\[3\], but it is float32\[\]/,
    );
    assert.throws(() => scan(keep, c, [x, input('y', 'float32', [5])]), /numbers of steps: 4, 5/);
    assert.throws(() => scan(keep, c, []), /nothing to scan.*\{ length \}/);
    assert.throws(() => scan(keep, c, input('none', 'float32', [0, 3])), /no steps/);
    assert.throws(
      () => scan((a: Tensor[]) => ({ carry: [...a, ...a], outputs: a }), [c], x),
      /1 carried tensors, but a step gives 2/,
    );
  });
});
