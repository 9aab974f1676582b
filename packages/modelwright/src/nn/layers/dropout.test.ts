import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import type { Layer } from '../layer.js';
import { traceLayer } from '../testing.js';
import { dropout, spatialDropout } from './dropout.js';
import { sequential } from './sequential.js';

const onesOf = (...shape: number[]): NdArray =>
  NdArray.of('float32', shape, Array<number>(shape.reduce((a, b) => a * b)).fill(1));

function run(layer: Layer, x: NdArray, training: boolean, seed: number): number[] {
  const traced = traceLayer(layer, [x], { parameters: {}, state: {} }, { training, seed });
  return runReference(traced.graph([traced.output]), traced.values)[0]!.toNumbers();
}

describe('dropout', () => {
  const x = onesOf(40, 100);

  it('zeroes about a rate of the values, enlarges the rest, and so keeps the mean', () => {
    const y = run(dropout(0.3), x, true, 1);
    assert.deepEqual([...new Set(y)].sort(), [0, Math.fround(1 / 0.7)]);
    // The share of zeros of 4,000 draws has a standard deviation of sqrt(0.3 * 0.7 / 4000) = 0.0072.
    const dropped = y.filter((value) => value === 0).length / y.length;
    assert.ok(Math.abs(dropped - 0.3) < 4 * 0.0072, `dropped ${dropped}`);
  });

  it('draws the same mask from the same key, another from another', () => {
    assert.deepEqual(run(dropout(0.5), x, true, 1), run(dropout(0.5), x, true, 1));
    assert.notDeepEqual(run(dropout(0.5), x, true, 1), run(dropout(0.5), x, true, 2));
  });

  it('draws a mask for each layer of a call', () => {
    // With one mask for both, a value would be kept by both or by neither: 0.5 kept instead of 0.25.
    const y = run(sequential(dropout(0.5), dropout(0.5)), x, true, 1);
    const kept = y.filter((value) => value === 4).length / y.length;
    assert.ok(Math.abs(kept - 0.25) < 4 * Math.sqrt((0.25 * 0.75) / 4000), `kept ${kept}`);
  });

  it('does nothing outside training, nor at a rate of 0', () => {
    assert.deepEqual(run(dropout(0.9), x, false, 1), x.toNumbers());
    assert.deepEqual(run(dropout(0), x, true, 1), x.toNumbers());
  });

  it('drops whole channels as spatialDropout', () => {
    const y = run(spatialDropout(0.5), onesOf(4, 8, 3), true, 1);
    const channels = Array.from({ length: 32 }, (_, i) => new Set(y.slice(3 * i, 3 * i + 3)));
    assert.ok(channels.every((values) => values.size === 1));
    assert.equal(new Set(y).size, 2);
  });

  it('asks for a key in training and for a rate below 1', () => {
    const layer = dropout(0.5);
    const traced = traceLayer(layer, [x], { parameters: {}, state: {} });
    assert.throws(() => layer.apply({}, traced.inputs, { training: true }), /dropout.*key from randomKey/s);
    assert.throws(() => dropout(1), /dropout: rate must be at least 0 and below 1, but it is 1/);
  });
});
