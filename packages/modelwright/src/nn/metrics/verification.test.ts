import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { assertNear } from '../../testing/compare.js';
import { rocCurve } from './ranking.js';
import { equalError, recallAtK, trueAcceptRate, verificationPairs } from './verification.js';

const degrees = (...angles: number[]): NdArray<'float32'> =>
  NdArray.from(
    angles.map((angle) => [2 * Math.cos((angle * Math.PI) / 180), 2 * Math.sin((angle * Math.PI) / 180)]),
  );

describe('verification', () => {
  it('scores every pair by the cosine of the angle between', () => {
    const { scores, labels } = verificationPairs(degrees(0, 60, 90), [7, 7, 8]);
    assertNear(scores, [0.5, 0, Math.cos(Math.PI / 6)], 1e-6, 'cosines');
    assert.deepEqual([...labels], [1, 0, 0]);
    assert.throws(() => verificationPairs(degrees(0, 60), [1]), /\[2, 2\] and 1 labels/);
  });

  it('finds the equal error rate on the line between two thresholds', () => {
    // From 3 on: 1/2 of the true pairs refused, 0 of the false accepted; from 2 on: 1/2 and 1/2.
    const roc = rocCurve([3, 2, 2.5, 1], [1, 0, 0, 1]);
    assert.equal(equalError(roc).rate, 0.5);
    // Normal scores at distance d: the rate is that of a normal variable beyond d / 2.
    const random = new Random(4);
    const labels = Array.from({ length: 40_000 }, (_, i) => i % 2);
    const scores = labels.map((label) => random.normal(2 * label));
    const { rate, threshold } = equalError(rocCurve(scores, labels));
    assertNear([rate, threshold], [0.158655, 1], 0.01, 'rate and threshold');
  });

  it('is 0 for scores that tell all pairs apart, with a threshold between them', () => {
    const { rate, threshold } = equalError(rocCurve([4, 3, 2, 1], [1, 1, 0, 0]));
    assert.equal(rate, 0);
    assert.ok(threshold > 2 && threshold <= 3, `threshold ${threshold}`);
    assert.ok(Number.isNaN(equalError(rocCurve([1, 2], [1, 1])).rate));
  });

  it('accepts as many true pairs as the false ones allow', () => {
    const roc = rocCurve([9, 8, 7, 6, 5, 4], [1, 0, 1, 0, 1, 0]);
    assertNear(
      [0, 0.3, 0.34, 1].map((rate) => trueAcceptRate(roc, rate)),
      [1 / 3, 1 / 3, 2 / 3, 1],
      1e-12,
      'rates',
    );
  });

  it('finds mates among the nearest, without those who have none', () => {
    const embeddings = degrees(0, 10, 12, 30, 200);
    assert.deepEqual(recallAtK(embeddings, [1, 1, 2, 2, 3], [1, 2]), [0.5, 0.75]);
    assert.deepEqual(recallAtK(degrees(5, 5, 5), [1, 1, 2], [1, 2]), [0, 1]);
    assert.ok(Number.isNaN(recallAtK(degrees(0, 1), [1, 2], [1])[0]));
  });
});
