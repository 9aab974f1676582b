// What single layers promise beyond the samples that the harness walks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { spread } from '../../primitives/define.js';
import { openOrt } from '../../runtime/testing.js';
import {
  batchNorm,
  compose,
  conv2d,
  dense,
  imagePreprocessing,
  type Layer,
  maxPool2d,
  sequential,
  spectralNorm,
} from '../index.js';
import { traceLayer } from '../testing.js';

describe('batchNorm', () => {
  it('gives the bias, not NaN, for one value a channel, and moves its statistics by it', () => {
    const x = NdArray.from([[3, -1]]);
    const layer = batchNorm();
    const traced = traceLayer(layer, [x], layer.init(x), { training: true });
    const [y, mean, variance] = runReference(
      traced.graph([traced.output, ...traced.newState]),
      traced.values,
    );
    assert.deepEqual(y!.toNumbers().map(Math.abs), [0, 0]);
    assert.deepEqual(mean!.toNumbers(), [0.3, -0.1].map(Math.fround));
    assert.deepEqual(variance!.toNumbers(), [0.9, 0.9].map(Math.fround));
  });

  it('keeps its precision far from zero', async () => {
    // Mean of squares minus square of mean would lose all digits here: 4096² has 24 bits.
    const x = NdArray.from([[4095], [4097], [4096], [4096]]);
    const layer = batchNorm({ epsilon: 0 });
    const traced = traceLayer(layer, [x], layer.init(x), { training: true });
    const [y] = await openOrt(traced.graph([traced.output]), traced.values, { extensions: true });
    for (const [i, value] of [-Math.SQRT2, Math.SQRT2, 0, 0].entries())
      assert.ok(Math.abs(y!.toNumbers()[i]! - value) < 1e-5);
  });

  it('asks for known sizes in training', () => {
    const layer = batchNorm();
    const x = spread([2, 3]);
    assert.throws(
      () => traceLayer(layer, [x], layer.init(x), { training: true, shapes: [['batch', 3]] }),
      /batchNorm in training.*'batch' open/,
    );
  });
});

describe('imagePreprocessing', () => {
  const stored = (shape: readonly number[]): NdArray =>
    NdArray.of('uint8', shape, spread(shape, 0, 256).data);

  it('takes pictures of any size, and makes whole pixel values of them before scaling', async () => {
    const layer = imagePreprocessing({ size: [4, 4], scale: 1 });
    for (const shape of [
      [2, 3, 7, 5],
      [1, 3, 2, 9],
      [1, 3, 4, 4],
    ]) {
      const x = stored(shape);
      const traced = traceLayer(
        layer,
        [x],
        { parameters: {}, state: {} },
        { shapes: [['batch', 3, 'height', 'width']] },
      );
      assert.deepEqual(traced.output.shape, ['batch', 3, 4, 4]);
      const [y] = await openOrt(traced.graph([traced.output]), traced.values);
      assert.deepEqual(y!.shape, [shape[0], 3, 4, 4]);
      assert.ok(y!.toNumbers().every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
      if (shape[2] === 4) assert.deepEqual(y!.toNumbers(), x.toNumbers());
    }
  });

  it('feeds a network in the same graph', async () => {
    const layer = sequential(
      imagePreprocessing({ size: [8, 8] }),
      conv2d(2, 3, { activation: 'relu' }),
      maxPool2d(2),
    );
    const x = stored([2, 3, 11, 6]);
    const traced = traceLayer(
      layer,
      [x],
      layer.init({ dtype: 'uint8', shape: ['batch', 3, 'height', 'width'] }),
      {
        shapes: [['batch', 3, 'height', 'width']],
      },
    );
    const [y] = await openOrt(traced.graph([traced.output]), traced.values);
    assert.deepEqual(y!.shape, [2, 2, 3, 3]);
  });
});

describe('compose', () => {
  const run = (layer: Layer, arrays: readonly NdArray[], variables = layer.init(arrays)): NdArray => {
    const traced = traceLayer(layer, arrays, variables);
    return runReference(traced.graph([traced.output]), traced.values)[0]!;
  };

  it('calls its children on several inputs, one child on both with the same parameters', () => {
    const twin = compose({ encode: dense(3), decide: dense(1) }, ({ encode, decide }, left, right) =>
      decide(encode(left!).sub(encode(right!)).abs()),
    );
    const x = spread([2, 4]);
    const variables = twin.init([x, x]);
    assert.deepEqual(Object.keys(variables.parameters), ['encode', 'decide']);
    // Equal inputs differ by nothing, so what is left is the bias of the last layer, zero.
    assert.deepEqual(run(twin, [x, x], variables).toNumbers(), [0, 0]);
    assert.notDeepEqual(run(twin, [x, spread([2, 4], 0, 1)], variables).toNumbers(), [0, 0]);
  });
});

describe('spectralNorm', () => {
  it('comes to the largest singular value by its state alone', () => {
    // [[3, 0], [4, 5]] has the singular values 45^½ and 5^½.
    const layer = spectralNorm(dense(2, { bias: false }));
    const weight = NdArray.from([
      [3, 0],
      [4, 5],
    ]);
    const x = NdArray.from([
      [1, 0],
      [0, 1],
    ]);
    let { state } = layer.init(x);
    for (let step = 0; step < 30; step++) {
      const traced = traceLayer(layer, [x], { parameters: { weight }, state }, { training: true });
      const [left, right] = runReference(traced.graph([...traced.newState]), traced.values);
      state = { left: left!, right: right! };
    }
    const settled = traceLayer(layer, [x], { parameters: { weight }, state });
    const [y] = runReference(settled.graph([settled.output]), settled.values);
    for (const [i, value] of [3, 0, 4, 5].entries())
      assert.ok(Math.abs(y!.toNumbers()[i]! - value / Math.sqrt(45)) < 1e-5);
  });

  it('asks for a layer with a weight of its own', () => {
    const layer = spectralNorm(sequential(dense(2)));
    assert.throws(() => layer.init(spread([1, 3])), /type 'sequential' has no parameter 'weight' of its own/);
  });
});
