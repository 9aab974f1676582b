import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import { checkGraph, Graph, rebuild } from '../graph/graph.js';
import { apply1, input, type Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import {
  add,
  broadcastTo,
  cast,
  constant,
  div,
  gelu,
  greater,
  matmul,
  mul,
  neg,
  reshape,
  stopGradient,
  sub,
  sum,
  transpose,
} from '../primitives/index.js';
import { matmulPrimitive } from '../primitives/matmul.js';
import { reshapePrimitive } from '../primitives/shaping.js';
import { assertNear, toReference } from '../testing/compare.js';
import { gradients } from './grad.js';
import { patterns } from './patterns.js';
import { rewrites, simplify } from './simplify.js';

interface Case {
  readonly inputs: readonly Tensor[];
  readonly of: (...inputs: Tensor[]) => Tensor;
  /** The nodes that are left, as printed. */
  readonly left: readonly string[];
}

const matrix = (): Tensor => input('x', 'float32', [2, 3]);
const wide = (): Tensor => input('x', 'float32', [2, 10]);
const row = (): Tensor => input('y', 'float32', [3]);

const cases: Readonly<Record<string, readonly Case[]>> = {
  dropStopGradient: [{ inputs: [matrix()], of: (x) => neg(stopGradient(x!)), left: ['neg x'] }],
  dropBroadcast: [
    { inputs: [matrix(), row()], of: (x, y) => add(x!, broadcastTo(y!, [2, 3])), left: ['add x y'] },
    {
      inputs: [row()],
      of: (y) => mul(broadcastTo(y!, [2, 3]), broadcastTo(y!, [2, 3])),
      left: ['broadcastTo y {shape: [2, 3]}', 'mul y %0'],
    },
  ],
  broadcastOfBroadcast: [
    {
      inputs: [row()],
      of: (y) => broadcastTo(broadcastTo(y!, [2, 3]), [4, 2, 3]),
      left: ['broadcastTo y {shape: [4, 2, 3]}'],
    },
  ],
  multiplyByOne: [
    { inputs: [matrix()], of: (x) => neg(mul(1, div(mul(x!, 1), 1))), left: ['neg x'] },
    {
      inputs: [row()],
      of: (y) => mul(y!, constant(NdArray.from([[1, 1, 1]]))),
      left: ['constant {value: [1, 3](1, 1, 1)}', 'mul y %0'],
    },
  ],
  addZero: [{ inputs: [matrix()], of: (x) => neg(add(0, sub(add(x!, 0), 0))), left: ['neg x'] }],
  mergeFactors: [
    {
      inputs: [matrix()],
      of: (x) => mul(4, mul(x!, 0.5)),
      left: ['constant {value: [](4)}', 'constant {value: [](0.5)}', 'mul %1 %0', 'mul x %2'],
    },
  ],
  doubleNegation: [
    { inputs: [matrix()], of: (x) => add(neg(neg(x!)), 2), left: ['constant {value: [](2)}', 'add x %0'] },
  ],
  signIntoSum: [
    { inputs: [matrix(), row()], of: (x, y) => add(x!, neg(y!)), left: ['sub x y'] },
    { inputs: [matrix(), row()], of: (x, y) => add(neg(x!), y!), left: ['sub y x'] },
  ],
  signIntoFactor: [
    {
      inputs: [matrix()],
      of: (x) => mul(neg(x!), 3),
      left: ['constant {value: [](3)}', 'neg %0', 'mul x %1'],
    },
    {
      inputs: [matrix()],
      of: (x) => mul(3, neg(x!)),
      left: ['constant {value: [](3)}', 'neg %0', 'mul x %1'],
    },
  ],
  reshapeToSame: [
    {
      // reshape() itself makes no such node; binding open dimensions to sizes does.
      inputs: [matrix()],
      of: (x) => neg(apply1(reshapePrimitive, [x!], { shape: [2, 3] })),
      left: ['neg x'],
    },
  ],
  reshapeOfReshape: [
    { inputs: [matrix()], of: (x) => neg(reshape(reshape(x!, [6]), [2, 3])), left: ['neg x'] },
    { inputs: [matrix()], of: (x) => reshape(reshape(x!, [6]), [3, 2]), left: ['reshape x {shape: [3, 2]}'] },
  ],
  transposeOfTranspose: [
    {
      inputs: [input('x', 'float32', [2, 3, 4])],
      of: (x) => transpose(transpose(x!, [1, 2, 0]), [0, 2, 1]),
      left: ['transpose x {order: [1, 0, 2]}'],
    },
    { inputs: [matrix()], of: (x) => neg(transpose(transpose(x!))), left: ['neg x'] },
  ],
  transposeIntoMatmul: [
    {
      inputs: [matrix(), input('z', 'float32', [4, 3])],
      of: (x, z) => matmul(x!, transpose(z!)),
      left: ['matmul x z {transposeA: false, transposeB: true}'],
    },
    {
      inputs: [input('x', 'float32', [5, 2, 3]), input('z', 'float32', [5, 2, 4])],
      of: (x, z) => matmul(transpose(x!, [0, 2, 1]), z!),
      left: ['matmul x z {transposeA: true, transposeB: false}'],
    },
  ],
  rowFactorsOutOfProducts: [
    {
      inputs: [wide(), input('r', 'float32', [2, 1]), input('w', 'float32', [10, 2])],
      of: (x, r, w) => matmul(mul(x!, r!), w!),
      left: ['matmul x w {transposeA: false, transposeB: false}', 'mul %0 r'],
    },
    {
      // The rows' axes laid together behind the factor, and the factor written first.
      inputs: [
        input('x', 'float32', [2, 1, 10]),
        input('r', 'float32', [2, 1, 1]),
        input('w', 'float32', [2, 10]),
      ],
      of: (x, r, w) => matmul(reshape(mul(r!, x!), [2, 10]), transpose(w!)),
      left: [
        'reshape r {shape: [2, 1]}',
        'transpose w {order: [1, 0]}',
        'reshape x {shape: [2, 10]}',
        'matmul %2 %1 {transposeA: false, transposeB: false}',
        'mul %3 %0',
      ],
    },
    {
      inputs: [wide(), input('r', 'float32', [2, 1]), input('y', 'float32', [2, 2])],
      of: (x, r, y) => apply1(matmulPrimitive, [y!, mul(x!, r!)], { transposeA: true, transposeB: false }),
      left: ['mul y r', 'matmul %0 x {transposeA: true, transposeB: false}'],
    },
    {
      // A factor of each column stays where it is, and so does one of a matrix that is not the wider one.
      inputs: [wide(), input('c', 'float32', [10]), input('w', 'float32', [10, 2])],
      of: (x, c, w) => matmul(mul(x!, c!), w!),
      left: ['mul x c', 'matmul %0 w {transposeA: false, transposeB: false}'],
    },
    {
      inputs: [wide(), input('r', 'float32', [2, 1]), input('w', 'float32', [10, 4])],
      of: (x, r, w) => matmul(mul(x!, r!), w!),
      left: ['mul x r', 'matmul %0 w {transposeA: false, transposeB: false}'],
    },
  ],
  castOfCast: [
    {
      inputs: [matrix()],
      of: (x) => cast(cast(greater(x!, 0), 'int32'), 'float32'),
      left: ['constant {value: [](0)}', 'greater x %0', 'cast %1 {to: float32}'],
    },
    {
      // The fraction is lost on the way, so both casts stay.
      inputs: [matrix()],
      of: (x) => cast(cast(x!, 'int32'), 'float32'),
      left: ['cast x {to: int32}', 'cast %0 {to: float32}'],
    },
  ],
};

/** The nodes of a graph, without the types of what they give. */
function nodesOf(graph: Graph): string[] {
  return graph
    .toString()
    .split('\n')
    .slice(1, -2)
    .map((line) => line.slice(line.indexOf(' = ') + 3));
}

function assertSameValues(before: Graph, after: Graph, tolerance = 1e-12): void {
  const values = before.inputs.map(({ shape }, i) => toReference(spread(shape as number[], -2, 2, 0.2 * i)));
  const expected = evaluateReference(before, values);
  for (const [i, { shape, data }] of evaluateReference(after, values).entries()) {
    assert.deepEqual(shape, expected[i]!.shape);
    assertNear(data, expected[i]!.data, tolerance, `output ${i}`);
  }
}

describe('patterns', () => {
  it('have a case each', () => {
    assert.deepEqual(Object.keys(cases), Object.keys(patterns));
  });

  for (const [name, pattern] of Object.entries(patterns)) {
    for (const [position, { inputs, of, left }] of (cases[name] ?? []).entries()) {
      it(`${name} ${position}: leaves what is written here, and the same values`, () => {
        const before = new Graph(inputs, [of(...inputs)]);
        const after = rebuild(before, (node, given) => {
          const found = pattern(node, given);
          return found && [found];
        });
        checkGraph(after, name);
        assert.deepEqual(nodesOf(after), left);
        assertSameValues(before, after);
      });
    }
  }

  it('leave alone what looks alike and is not', () => {
    const x = matrix();
    const kept = [
      mul(x, constant(NdArray.from([1, 1, 2]))),
      add(x, constant(NdArray.from([0, 0, 1]))),
      sub(0, x),
      div(1, x),
      transpose(reshape(x, [3, 2])),
      cast(cast(x, 'int32'), 'bool'),
    ];
    for (const output of kept) {
      const graph = new Graph([x], [output]);
      assert.equal(simplify(graph).nodes.length, graph.nodes.length, `${graph}`);
    }
  });
});

describe('simplify', () => {
  const rewrite = (name: string) => rewrites.find((each) => each.name === name)!;

  it('computes what hangs on constants alone', () => {
    const x = row();
    const graph = new Graph([x], [mul(x, sum(mul(constant(NdArray.from([1, 2, 3])), 2)))]);
    const folded = rewrite('constant folding').run(graph);
    assert.deepEqual(nodesOf(folded), ['constant {value: [](12)}', 'mul y %0']);
    assertSameValues(graph, folded);
  });

  it('does not fold what would fill the file', () => {
    const graph = new Graph([], [broadcastTo(constant(1), [100, 100])]);
    assert.deepEqual(nodesOf(simplify(graph)), [
      'constant {value: [](1)}',
      'broadcastTo %0 {shape: [100, 100]}',
    ]);
  });

  it('computes equal things once', () => {
    const [x, y] = [matrix(), row()];
    const graph = new Graph([x, y], [add(mul(x, y), mul(x, y)), mul(y, x), add(mul(x, 2), mul(x, 3))]);
    const once = rewrite('common subexpressions').run(graph);
    assert.deepEqual(nodesOf(once), [
      'mul x y',
      'add %0 %0',
      'mul y x',
      'constant {value: [](3)}',
      'mul x %3',
      'constant {value: [](2)}',
      'mul x %5',
      'add %6 %4',
    ]);
    assertSameValues(graph, once);
  });

  it('tells zero and minus zero apart, and arrays of other types', () => {
    const x = row();
    const graph = new Graph([x], [div(x, 0), div(x, -0), constant(NdArray.from(1, 'int32')), constant(1)]);
    assertSameValues(graph, rewrite('common subexpressions').run(graph));
    assert.equal(rewrite('common subexpressions').run(graph).nodes.length, graph.nodes.length);
  });

  it('leaves of a layer, its squared sum and the gradient what a person would write', () => {
    const [x, w, b] = [
      input('x', 'float32', [4, 3]),
      input('w', 'float32', [3, 2]),
      input('b', 'float32', [2]),
    ];
    const y = add(matmul(x, w), b);
    const loss = sum(mul(y, y));
    const graph = new Graph([x, w, b], [loss, ...gradients(loss, [w, b])]);
    const simple = simplify(graph);
    assert.deepEqual(nodesOf(simple), [
      'matmul x w {transposeA: false, transposeB: false}',
      'add %0 b',
      'mul %1 %1',
      'sum %2 {axes: [0, 1], keepDimensions: false}',
      'add %1 %1',
      'matmul x %4 {transposeA: true, transposeB: false}',
      'sum %4 {axes: [0], keepDimensions: true}',
      'reshape %6 {shape: [2]}',
    ]);
    assertSameValues(graph, simple);
  });

  it('computes the error function once for a gelu and its gradient, and leaves a gelu alone as it is', () => {
    const x = matrix();
    const loss = sum(gelu(gelu(x)));
    const graph = new Graph([x], [loss, ...gradients(loss, [x])]);
    const names = (of: Graph) => simplify(of).nodes.map(({ primitive }) => primitive.name);
    assert.equal(names(graph).filter((name) => name === 'erfShare').length, 2);
    assert.ok(!names(graph).includes('gelu'));
    assert.deepEqual(names(new Graph([x], [gelu(x)])), ['gelu']);
    assertSameValues(graph, simplify(graph), 1e-7); // the constant is a float32
  });

  it('gives outputs that are inputs or constants as they are', () => {
    const x = row();
    const graph = new Graph([x], [x, mul(x, 1), constant(2)]);
    const simple = simplify(graph);
    assert.deepEqual([simple.outputs[0], simple.outputs[1]], [x, x]);
    assertSameValues(graph, simple);
  });
});
