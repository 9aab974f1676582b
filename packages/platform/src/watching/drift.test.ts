import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from 'modelwright/runtime';
import { countsOf, featuresOf, Reservoir, spreadOf, stabilityIndex } from './drift.js';

describe('drift', () => {
  it('looks at each number of short rows, and at mean, deviation and size of long ones', () => {
    const short = NdArray.from([
      [1, 2],
      [3, 4],
    ]);
    const long = new NdArray(
      'uint8',
      [1, 2, 20],
      new Uint8Array(40).map((_, i) => (i % 2 ? 3 : 1)),
    );
    const ids = new NdArray('int64', [1, 1], new BigInt64Array([7n]));
    assert.deepEqual(featuresOf({ short, long, ids, scalar: new NdArray('float32', []) }), {
      'short[0]': [1, 3],
      'short[1]': [2, 4],
      'long.mean': [2],
      'long.deviation': [1],
      'long.size': [40],
      'ids[0]': [7],
    });
  });

  it('puts a tenth into each bin, joins bins of numbers that repeat, and knows a constant from what differs', () => {
    const { borders, counts } = spreadOf(Array.from({ length: 100 }, (_, i) => 99 - i));
    assert.deepEqual(borders, [10, 20, 30, 40, 50, 60, 70, 80, 90]);
    assert.deepEqual(counts, Array(10).fill(10));
    const repeated = spreadOf([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    assert.deepEqual(
      [repeated.borders, repeated.counts],
      [
        [1, 2],
        [8, 1, 1],
      ],
    );
    const constant = spreadOf([5, 5, 5]);
    assert.deepEqual(constant.counts, [0, 3, 0]);
    assert.deepEqual(countsOf(constant.borders, [4, 5, 6, 5]), [1, 2, 1]);
    assert.deepEqual(spreadOf([]), { borders: [], counts: [0] });
  });

  it('has the population stability index of the formula, with half an example more in each bin', () => {
    const by = (e: number, f: number): number => (f - e) * Math.log(f / e);
    const expected = by(50.5 / 101, 20.5 / 101) + by(50.5 / 101, 80.5 / 101);
    assert.ok(Math.abs(stabilityIndex([50, 50], [20, 80]) - expected) < 1e-12);
    assert.equal(stabilityIndex([10, 20], [10, 20]), 0);
    assert.ok(stabilityIndex([100, 0], [0, 100]) > 5, 'finite where a bin is empty');
  });

  it('keeps each number with the same chance', () => {
    let state = 1;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const times = new Array<number>(20).fill(0);
    for (let round = 0; round < 2000; round++) {
      const reservoir = new Reservoir(5, random);
      for (let i = 0; i < 20; i++) reservoir.add(i);
      assert.equal(reservoir.seen, 20);
      for (const value of reservoir.values) times[value]!++;
    }
    for (const count of times)
      assert.ok(Math.abs(count - 500) < 5 * Math.sqrt(2000 * 0.25 * 0.75), `${times}`);
  });
});
