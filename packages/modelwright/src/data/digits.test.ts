import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NdArray } from '../graph/array.js';
import { digits } from './digits.js';
import { drawStrokes, smooth } from './strokes.js';

type Batch = { input: NdArray; target: NdArray };

/** The accuracy on `test` of a softmax regression learnt from `train` by stochastic gradient descent. */
function linearAccuracy(train: Batch, test: Batch): number {
  const features = train.input.size / train.target.size;
  const weights = Array.from({ length: 10 }, () => new Float64Array(features + 1));
  const scores = (batch: Batch, i: number): number[] => {
    const row = batch.input.data.subarray(i * features, (i + 1) * features);
    return weights.map((weight) => {
      let sum = weight[features]!;
      for (let p = 0; p < features; p++) sum += (weight[p]! * Number(row[p])) / 255;
      return sum;
    });
  };
  for (let step = 0; step < 10 * train.target.size; step++) {
    const i = step % train.target.size;
    const exponentials = scores(train, i).map(Math.exp);
    const total = exponentials.reduce((a, b) => a + b, 0);
    weights.forEach((weight, digit) => {
      const change = 0.05 * (exponentials[digit]! / total - Number(train.target.data[i] === digit));
      for (let p = 0; p < features; p++)
        weight[p]! -= (change * Number(train.input.data[i * features + p])) / 255;
      weight[features]! -= change;
    });
  }
  const best = (list: number[]): number => list.indexOf(Math.max(...list));
  let right = 0;
  for (let i = 0; i < test.target.size; i++)
    if (best(scores(test, i)) === Number(test.target.data[i])) right++;
  return right / test.target.size;
}

describe('digits', () => {
  it('are balanced, of the asked size, and the same for the same seed', async () => {
    const { train, test } = digits({ train: 40, test: 20, seed: 3, size: 20 });
    const { input, target } = await train.at(0);
    assert.deepEqual(
      [input.dtype, input.shape, target.dtype, target.shape],
      ['uint8', [1, 20, 20], 'int32', []],
    );
    assert.deepEqual(train.classNames, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    const counts = new Array(10).fill(0);
    for (const label of await train.labels()) counts[label]++;
    assert.deepEqual(counts, new Array(10).fill(4));
    const print = (options: Parameters<typeof digits>[0]): Promise<string> =>
      digits(options).train.fingerprint();
    assert.equal(await print({ train: 40, seed: 3, size: 20, test: 0 }), await train.fingerprint());
    assert.notEqual(await print({ train: 40, seed: 4, size: 20, test: 0 }), await train.fingerprint());
    assert.notDeepEqual((await train.batch(20).at(0)).input, (await test.batch(20).at(0)).input);
    const longer = digits({ train: 50, test: 0, seed: 3, size: 20 }).train;
    assert.deepEqual((await longer.at(39)).input, (await train.at(39)).input);
  });

  it('can be told apart, but not by a linear model alone', async () => {
    const { train, test } = digits({ train: 2000, test: 500 });
    const accuracy = linearAccuracy(await train.batch(2000).at(0), await test.batch(500).at(0));
    assert.ok(accuracy > 0.6 && accuracy < 0.95, `accuracy ${accuracy}`);
  });
});

describe('drawStrokes', () => {
  it('covers the pixels under a line, half of them at its edge', () => {
    // a line along y = 2.5, radius 1: rows 1 to 3 have centres at distance 1, 0, 1 from it
    const cover = drawStrokes(
      [
        [
          [-9, 2.5],
          [9, 2.5],
        ],
      ],
      1,
      5,
    );
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 5; x++) assert.equal(cover[y * 5 + x], [0, 0.5, 1, 0.5, 0][y]);
    }
    assert.equal(
      drawStrokes(
        [
          [
            [2.5, 2.5],
            [2.5, 2.5],
          ],
        ],
        0.5,
        5,
      ).reduce((a, b) => a + b),
      1,
    );
  });
});

describe('smooth', () => {
  it('passes through its points, and keeps a straight line straight', () => {
    const points = smooth(
      [
        [0, 0],
        [1, 2],
        [2, 4],
        [3, 6],
      ],
      4,
    );
    assert.equal(points.length, 13);
    assert.deepEqual(
      [points[4], points[8], points[12]],
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    );
    for (const [x, y] of points) assert.ok(Math.abs(y - 2 * x) < 1e-12);
  });
});
