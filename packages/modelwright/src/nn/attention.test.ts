import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { input, type ReferenceValue, type Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import { mul, sum } from '../primitives/index.js';
import { assertNear } from '../testing/compare.js';
import { gradients } from '../transforms/grad.js';
import { rotate } from './attention.js';
import {
  gpt,
  type Layer,
  multiHeadAttention,
  scaledDotProductAttention,
  transformerClassifier,
  translationTransformer,
} from './index.js';
import { toReference, traceLayer } from './testing.js';

/** softmax(Q Kᵀ / sqrt(f)) V over what is seen, for one matrix each, by sums over single numbers. */
function bruteForce([q, k, v]: readonly NdArray[], seen: (query: number, key: number) => boolean): number[] {
  const [queries, features] = q!.shape as [number, number];
  const [keys, values] = v!.shape as [number, number];
  const at = (array: NdArray, row: number, column: number): number =>
    array.toNumbers()[row * array.shape[1]! + column]!;
  const result: number[] = [];
  for (let i = 0; i < queries; i++) {
    const weights = Array.from({ length: keys }, (_, j) => {
      if (!seen(i, j)) return 0;
      let score = 0;
      for (let f = 0; f < features; f++) score += at(q!, i, f) * at(k!, j, f);
      return Math.exp(score / Math.sqrt(features));
    });
    const total = weights.reduce((a, b) => a + b, 0);
    for (let c = 0; c < values; c++) {
      result.push(weights.reduce((sofar, weight, j) => sofar + (weight / total) * at(v!, j, c), 0));
    }
  }
  return result;
}

const evaluate = (arrays: readonly NdArray[], fn: (...tensors: Tensor[]) => Tensor): ReferenceValue => {
  const tensors = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  return evaluateReference(new Graph(tensors, [fn(...tensors)]), arrays.map(toReference))[0]!;
};

describe('scaledDotProductAttention', () => {
  const arrays = [spread([5, 4]), spread([4, 4], -1, 2, 0.1), spread([4, 2], 0, 1)];

  it('is the weighted mean that sums over single numbers give', () => {
    const found = evaluate(arrays, (q, k, v) => scaledDotProductAttention(q!, k!, v!));
    assertNear(
      found.data,
      bruteForce(arrays, () => true),
      1e-12,
      'output',
    );
  });

  it('sees the past alone when causal, and what the mask says', () => {
    const causal = evaluate(arrays, (q, k, v) => scaledDotProductAttention(q!, k!, v!, { causal: true }));
    assertNear(
      causal.data,
      bruteForce(arrays, (i, j) => j <= i),
      1e-12,
      'causal',
    );
    const mask = NdArray.from([true, false, true, false], 'bool');
    const both = evaluate([...arrays, mask], (q, k, v, mask) =>
      scaledDotProductAttention(q!, k!, v!, { causal: true, mask }),
    );
    assertNear(
      both.data,
      bruteForce(arrays, (i, j) => j <= i && j % 2 === 0),
      1e-12,
      'both',
    );
  });

  it('gives a finite number to a query that sees nothing', () => {
    const nothing = NdArray.from([false, false, false, false], 'bool');
    const found = evaluate([...arrays, nothing], (q, k, v, mask) =>
      scaledDotProductAttention(q!, k!, v!, { mask }),
    );
    assert.ok(found.data.every(Number.isFinite));
  });

  it('refuses a mask that is not bool', () => {
    const [q, mask] = [input('q', 'float32', [4, 3]), input('mask', 'float32', [4])];
    assert.throws(() => scaledDotProductAttention(q, q, q, { mask }), /mask must be bool/);
  });
});

describe('rotary positions', () => {
  it('make the product of a query and a key depend on their distance alone', () => {
    const [q, k] = [spread([1, 6]), spread([1, 6], -1, 1, 0.2)];
    const product = (query: number, key: number): number => {
      const at = [NdArray.from([query], 'int32'), NdArray.from([key], 'int32')];
      return evaluate([q, k, ...at], (q, k, i, j) => sum(mul(rotate(q!, i!), rotate(k!, j!)))).data[0]!;
    };
    for (const shift of [1, 7]) assertNear([product(5 + shift, 2 + shift)], [product(5, 2)], 1e-6, 'product');
    assert.ok(Math.abs(product(5, 2) - product(5, 3)) > 1e-2);
  });
});

/** Output, and the gradients of a weighting of it, for parameters in the order of their paths. */
function run(
  layer: Layer,
  inputs: readonly NdArray[],
  weigh: (output: Tensor) => Tensor,
): { output: ReferenceValue; found: readonly ReferenceValue[] } {
  const traced = traceLayer(layer, inputs, layer.init(inputs, 2));
  const floats = traced.inputs.filter(({ dtype }) => dtype === 'float32');
  const wanted = [...floats, ...traced.parameters];
  const graph = traced.graph([traced.output, ...gradients(weigh(traced.output), wanted)]);
  const [output, ...found] = evaluateReference(graph, traced.values.map(toReference));
  return { output: output!, found };
}

describe('padding', () => {
  it('changes no output and no gradient of what stands beside it', () => {
    const layer = multiHeadAttention(2);
    const mask = NdArray.from([[1, 1, 0]], 'int32');
    const short = spread([1, 2, 4]);
    const padded = (filling: number): NdArray =>
      NdArray.of('float32', [1, 3, 4], [...short.toNumbers(), filling, -filling, 3 * filling, 1]);
    const ofFirstTwo = (output: Tensor): Tensor => sum(mul(output.slice(1, 0, 2), output.slice(1, 0, 2)));
    const alone = run(layer, [short], ofFirstTwo);
    for (const filling of [0, 1e3]) {
      const { output, found } = run(layer, [padded(filling), mask], ofFirstTwo);
      assert.deepEqual(output.data.slice(0, 8), alone.output.data);
      assert.deepEqual(found[0]!.data.slice(0, 8), alone.found[0]!.data);
      assert.deepEqual(found[0]!.data.slice(8), new Float64Array(4));
      for (const [i, gradient] of alone.found.entries())
        if (i > 0) assertNear(found[i]!.data, gradient.data, 1e-12, `gradient ${i}`);
    }
  });

  it('changes neither classes nor gradients of a text, told by mask or by token', () => {
    const sizes = { vocabulary: 5, classes: 3, length: 6, width: 4, layers: 2, heads: 2 };
    const square = (output: Tensor): Tensor => sum(mul(output, output));
    const text = NdArray.from([[3, 1, 4, 3]], 'int32');
    const alone = run(transformerClassifier(sizes), [text], square);
    const longer = NdArray.from([[3, 1, 4, 3, 0, 0]], 'int32');
    const byToken = run(transformerClassifier({ ...sizes, padding: 0 }), [longer], square);
    const mask = NdArray.from([[1, 1, 1, 1, 0, 0]], 'int32');
    const byMask = run(
      transformerClassifier(sizes),
      [NdArray.from([[3, 1, 4, 3, 2, 2]], 'int32'), mask],
      square,
    );
    for (const { output, found } of [byToken, byMask]) {
      assertNear(output.data, alone.output.data, 1e-12, 'output');
      for (const [i, gradient] of alone.found.entries())
        assertNear(found[i]!.data, gradient.data, 1e-12, `gradient ${i}`);
    }
  });

  it('of a source changes no translation, and of a target nothing before it', () => {
    const model = translationTransformer({
      sourceVocabulary: 5,
      targetVocabulary: 6,
      padding: 0,
      width: 4,
      layers: 1,
      heads: 2,
    });
    const firstTwo = (output: Tensor): Tensor => sum(mul(output.slice(1, 0, 2), output.slice(1, 0, 2)));
    const target = NdArray.from([[1, 5]], 'int32');
    const alone = run(model, [NdArray.from([[3, 1]], 'int32'), target], firstTwo);
    const padded = run(
      model,
      [NdArray.from([[3, 1, 0]], 'int32'), NdArray.from([[1, 5, 2]], 'int32')],
      firstTwo,
    );
    assertNear(padded.output.data.slice(0, 12), alone.output.data, 1e-12, 'output');
    for (const [i, gradient] of alone.found.entries())
      assertNear(padded.found[i]!.data, gradient.data, 1e-12, `gradient ${i}`);
  });
});

describe('gpt', () => {
  it('says nothing of a position by what comes after it', () => {
    const model = gpt({ vocabulary: 6, length: 5, width: 4, layers: 2, heads: 2 });
    const of = (...ids: number[]): Float64Array =>
      run(model, [NdArray.from([ids], 'int32')], (output) => sum(output)).output.data;
    const [one, other] = [of(1, 2, 3, 4), of(1, 2, 5, 0)];
    assertNear(one.slice(0, 12), other.slice(0, 12), 1e-12, 'logits before');
    assert.ok(Math.abs(one[12]! - other[12]!) > 1e-6);
  });

  it('has as many parameters as nanoGPT with the same sizes, its biases included', () => {
    // nanoGPT: 12 width² + 13 width a layer, the tokens' and the positions' vectors, the last normalisation.
    const [width, layers, vocabulary, length] = [128, 4, 65, 64];
    const { parameters } = gpt({ vocabulary }).init({ shape: ['batch', 64], dtype: 'int32' });
    const count = (tree: object): number =>
      tree instanceof NdArray
        ? tree.size
        : Object.values(tree).reduce((total: number, each) => total + count(each), 0);
    const expected = layers * (12 * width ** 2 + 13 * width) + (vocabulary + length) * width + 2 * width;
    assert.equal(count(parameters), expected);
  });

  it('refuses a sequence longer than it has positions for, and heads that do not divide its width', () => {
    const model = gpt({ vocabulary: 6, length: 2, width: 4, heads: 1 });
    assert.throws(
      () => model.init({ shape: [1, 3], dtype: 'int32' }),
      /3 positions, but there are vectors for 2/,
    );
    assert.throws(() => gpt({ vocabulary: 6, width: 6, heads: 4 }), /does not divide into 4 heads/);
    assert.throws(
      () => gpt({ vocabulary: 6, width: 6, heads: 2, positions: 'rotary' }),
      /pairs of features, but a head has 3/,
    );
  });
});
