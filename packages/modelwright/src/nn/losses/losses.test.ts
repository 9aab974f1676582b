import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import type { DType } from '../../graph/dtype.js';
import { evaluateReference } from '../../graph/evaluate.js';
import { checkGraph, Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { openOrt } from '../../runtime/testing.js';
import { assertNear, centralDifferences, toReference } from '../../testing/compare.js';
import { readFixture } from '../../testing/fixture.js';
import { gradients } from '../../transforms/grad.js';
import {
  binaryCrossEntropy,
  crossEntropy,
  hinge,
  huber,
  kullbackLeibler,
  l1,
  l2,
  losses,
  lossFromJson,
  lossToJson,
  meanAbsoluteError,
  meanSquaredError,
  type Reduction,
} from './index.js';

interface Case {
  readonly loss: string;
  readonly config: object;
  readonly prediction: { readonly shape: number[]; readonly data: number[] };
  readonly target: { readonly dtype: DType; readonly shape: number[]; readonly data: number[] };
  readonly none: number[];
  readonly sum: number;
  readonly mean: number;
  readonly gradient: number[];
}

const { cases } = readFixture<{ cases: Case[] }>(import.meta.url, 'fixtures/losses.json');

/** Where a loss bends, or takes part of its prediction for fixed, PyTorch is followed but a difference says nothing. */
const bends = ({ loss, prediction, target }: Case): boolean =>
  loss === 'fcosLoss' ||
  loss === 'rcnnLoss' ||
  ((loss === 'meanAbsoluteError' || loss === 'huber') &&
    prediction.data.some((x, i) => x === target.data[i] || Math.abs(x) > 1e3));

for (const name of Object.keys(losses)) {
  describe(name, () => {
    const own = cases.filter(({ loss }) => loss === name);

    it('has cases made by PyTorch', () => assert.ok(own.length > 0));

    for (const [position, sample] of own.entries()) {
      const { prediction, target, config } = sample;
      const title = `${position}: [${prediction.shape}], ${target.dtype}[${target.shape}] ${JSON.stringify(config)}`;
      const arrays = [
        NdArray.of('float32', prediction.shape, prediction.data),
        NdArray.of(target.dtype, target.shape, target.data),
      ];
      const loss = lossFromJson({ type: name, config });

      it(`${title}: values and gradient as in PyTorch, in ONNX Runtime and by the reference`, async () => {
        const tensors = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
        const [x, t] = tensors as [Tensor, Tensor];
        const reduced = (['none', 'sum', 'mean'] as Reduction[]).map((reduction) =>
          loss(x, t, { reduction }),
        );
        const graph = new Graph(tensors, [...reduced, gradients(reduced[2]!, [x])[0]!]);
        checkGraph(graph);
        const expected = [sample.none, [sample.sum], [sample.mean], sample.gradient];
        const exact = evaluateReference(graph, arrays.map(toReference)).map(({ data }) => data);
        const run = (await openOrt(graph, arrays)).map((array) => array.toNumbers());
        for (const [i, what] of ['none', 'sum', 'mean', 'gradient'].entries()) {
          assertNear(exact[i]!, expected[i]!, 2e-7, `reference: ${what}`);
          assertNear(run[i]!, expected[i]!, 2e-5, `ONNX Runtime: ${what}`);
        }
      });

      if (bends(sample)) continue;
      it(`${title}: the gradient agrees with central differences`, () => {
        const tensors = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
        const forward = new Graph(tensors, [loss(tensors[0]!, tensors[1]!)]);
        const backward = new Graph(tensors, gradients(forward.outputs[0]!, [tensors[0]!]));
        const values = arrays.map(toReference);
        const found = evaluateReference(backward, values)[0]!.data;
        assertNear(found, centralDifferences(forward, values, 0), 1e-6, 'gradient');
      });
    }
  });
}

describe('losses', () => {
  const x = (shape: (number | string)[], dtype: DType = 'float32'): Tensor => input('x', dtype, shape);

  it('survive JSON with their options', () => {
    const json = lossToJson(crossEntropy.with({ labelSmoothing: 0.1 }).with({ ignoreIndex: 0 }));
    assert.deepEqual(JSON.parse(JSON.stringify(json)), {
      type: 'crossEntropy',
      config: { labelSmoothing: 0.1, ignoreIndex: 0 },
    });
    assert.deepEqual(lossToJson(lossFromJson(json)), json);
    assert.throws(() => lossToJson((p) => p.sum()), /cannot be written as JSON/);
    assert.throws(() => lossFromJson({ type: 'toString', config: {} }), /no loss called 'toString'/);
  });

  it('leave the batch open', () => {
    const batch = ['batch', 4];
    assert.deepEqual(crossEntropy(x(batch), x(['batch'], 'int32'), { reduction: 'none' }).shape, ['batch']);
    assert.deepEqual(meanSquaredError(x(batch), x(batch), { reduction: 'none' }).shape, ['batch']);
    assert.deepEqual(huber(x(batch), x(batch)).shape, []);
  });

  it('take [batch] and [batch, 1] for each other, and stretch nothing', () => {
    assert.deepEqual(meanSquaredError(x([8, 1]), x([8]), { reduction: 'none' }).shape, [8]);
    assert.deepEqual(hinge(x([8]), x([8, 1], 'int32'), { reduction: 'none' }).shape, [8]);
    assert.throws(() => meanAbsoluteError(x([8, 1]), x([1, 8])), /\[8, 1\].*\[1, 8\]/);
    assert.throws(
      () => binaryCrossEntropy(x([8, 2]), x([8, 2]), { positiveWeight: [1, 2, 3] }),
      /3 positive weights/,
    );
  });

  it('say what is wrong and what to do', () => {
    assert.throws(
      () => crossEntropy(x([8, 10]), x([8, 10], 'int32')),
      /\[8, 10\].*one-hot.*cast\('float32'\)/,
    );
    assert.throws(() => crossEntropy(x([8, 10]), x([8])), /Class indices are integers: cast\('int32'\)/);
    assert.throws(() => crossEntropy(x([8, 10]), x([8, 1], 'int32')), /Drop the last axis/);
    assert.throws(() => crossEntropy(x([8, 5, 10]), x([8, 5], 'int32')), /classAxis: -1/);
    assert.throws(() => crossEntropy(x([8]), x([8], 'int32')), /binaryCrossEntropy/);
    assert.throws(() => crossEntropy(x([8, 1]), x([8], 'int32')), /1 classes.*binaryCrossEntropy/);
    assert.throws(
      () => crossEntropy(x([8, 3]), x([8], 'int32'), { classWeights: [1] }),
      /1 classWeights for 3/,
    );
    assert.throws(
      () => crossEntropy(x([8, 3]), x([8], 'int32'), { labelSmoothing: 2 }),
      /labelSmoothing is 2/,
    );
    assert.throws(() => crossEntropy(x([8, 3]), x([8, 3]), { ignoreIndex: 0 }), /ignoreIndex needs/);
    assert.throws(() => kullbackLeibler(x([8]), x([8])), /\[batch, \.\., classes\]/);
    assert.throws(() => meanSquaredError(x([]), x([])), /scalar/);
    assert.throws(() => meanSquaredError(x([8, 3]), x([8], 'int32')), /crossEntropy/);
  });

  it('are 0 where every position is ignored, with a gradient of 0', () => {
    const [logits, indices] = [x([2, 3]), input('t', 'int32', [2])];
    const loss = crossEntropy(logits, indices, { ignoreIndex: -1 });
    const graph = new Graph([logits, indices], [loss, ...gradients(loss, [logits])]);
    const given = [
      NdArray.from([
        [1, 2, 3],
        [0, 1, 0],
      ]),
      NdArray.from([-1, -1], 'int32'),
    ];
    const [value, gradient] = evaluateReference(graph, given.map(toReference));
    assert.equal(value!.data[0], 0);
    assert.ok(gradient!.data.every((g) => g === 0));
  });
});

describe('penalties', () => {
  const parameters = { weight: input('w', 'float32', [2, 2]), bias: input('b', 'float32', [2]) };
  const values = [
    NdArray.from([
      [1, -2],
      [3, 0],
    ]),
    NdArray.from([10, -10]),
  ];
  const evaluated = (term: Tensor): number =>
    evaluateReference(new Graph([parameters.weight, parameters.bias], [term]), values.map(toReference))[0]!
      .data[0]!;

  it('sum over weights, and over biases when asked', () => {
    assert.equal(evaluated(l1(0.5)(parameters)), 0.5 * 6);
    assert.equal(evaluated(l2(0.5)(parameters)), 0.5 * 14);
    assert.equal(evaluated(l1(0.5, { of: 'all' })(parameters)), 0.5 * 26);
    assert.equal(evaluated(l2(0.5, { of: 'all' })(parameters)), 0.5 * 214);
    assert.equal(evaluated(l2(1)({ bias: parameters.bias })), 0);
    assert.throws(() => l2(-1), /strength is -1/);
  });
});
