import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { assertNear } from '../../testing/compare.js';
import { readFixture } from '../../testing/fixture.js';
import {
  calibration,
  expectedCalibrationError,
  prAuc,
  precisionRecallCurve,
  rocAuc,
  rocAucOneVersusRest,
  rocCurve,
  topConfidences,
} from './index.js';

type Curve = [number[], number[], number[]];

interface Fixture {
  readonly ranking: readonly {
    title: string;
    scores: number[];
    labels: number[];
    rocAuc: number;
    prAuc: number;
    roc: Curve;
    pr: Curve;
  }[];
  readonly oneVersusRest: { probabilities: number[][]; labels: number[]; rocAuc: number };
  readonly calibration: {
    confidence: number[];
    outcome: number[];
    bins: number;
    accuracy: number[];
    mean: number[];
  };
}

const fixture = readFixture<Fixture>(import.meta.url, 'fixtures/metrics.json');

describe('ranking as in scikit-learn', () => {
  for (const { title, scores, labels, ...expected } of fixture.ranking) {
    it(title, () => {
      assertNear([rocAuc(scores, labels)], [expected.rocAuc], 1e-12, 'rocAuc');
      assertNear([prAuc(scores, labels)], [expected.prAuc], 1e-12, 'prAuc');
      const roc = rocCurve(NdArray.from(scores, 'float64'), NdArray.from(labels, 'int32'));
      assertNear(roc.falsePositiveRate, expected.roc[0], 1e-12, 'false positive rate');
      assertNear(roc.truePositiveRate, expected.roc[1], 1e-12, 'true positive rate');
      assertNear(roc.thresholds, [Number.POSITIVE_INFINITY, ...expected.roc[2]], 0, 'thresholds');
      const pr = precisionRecallCurve(scores, labels);
      assertNear(pr.precision, expected.pr[0], 1e-12, 'precision');
      assertNear(pr.recall, expected.pr[1], 1e-12, 'recall');
      assertNear(pr.thresholds, expected.pr[2], 0, 'thresholds');
    });
  }

  it('one class against the rest', () => {
    const { probabilities, labels, rocAuc: expected } = fixture.oneVersusRest;
    assertNear(
      [rocAucOneVersusRest(NdArray.from(probabilities, 'float64'), labels)],
      [expected],
      1e-12,
      'rocAuc',
    );
  });
});

describe('ranking', () => {
  it('is NaN where a class is missing', () => {
    assert.equal(rocAuc([1, 2], [1, 1]), Number.NaN);
    assert.equal(rocAuc([1, 2], [0, 0]), Number.NaN);
    assert.equal(rocAuc([], []), Number.NaN);
    assert.equal(prAuc([1, 2], [0, 0]), Number.NaN);
    assert.equal(prAuc([], []), Number.NaN);
    assert.equal(prAuc([1, 2], [1, 1]), 1);
  });

  it('orders infinite scores, and refuses what has no order', () => {
    const { POSITIVE_INFINITY: top, NEGATIVE_INFINITY: bottom } = Number;
    assert.equal(rocAuc([bottom, top, 0, top, bottom], [0, 1, 0, 1, 0]), 1);
    assert.throws(() => rocAuc([Number.NaN], [1]), /NaN/);
    assert.throws(() => rocCurve([1, 2], [1]), /2 scores and 1 labels/);
    assert.throws(() => rocAucOneVersusRest(NdArray.from([1, 2]), [0, 1]), /expected \[examples, classes\]/);
  });
});

describe('calibration', () => {
  it('bins as in scikit-learn', () => {
    const { confidence, outcome, bins, accuracy, mean } = fixture.calibration;
    const filled = calibration(confidence, outcome, { bins }).filter(({ count }) => count > 0);
    assertNear(
      filled.map((bin) => bin.accuracy),
      accuracy,
      1e-12,
      'accuracy',
    );
    assertNear(
      filled.map((bin) => bin.confidence),
      mean,
      1e-12,
      'confidence',
    );
    assert.equal(
      filled.reduce((sum, { count }) => sum + count, 0),
      confidence.length,
    );
  });

  it('gives the expected calibration error by its formula', () => {
    const bins = calibration([0, 0.6, 0.6, 1], [0, 1, 0, 0], { bins: 2 });
    assert.deepEqual(
      bins.map(({ count }) => count),
      [1, 3],
    );
    // One at 0 that is right to be; three of mean confidence 2.2 / 3, one of which is right.
    assertNear([expectedCalibrationError(bins)], [(3 / 4) * (2.2 / 3 - 1 / 3)], 1e-12, 'error');
    assert.equal(expectedCalibrationError(calibration([], [])), Number.NaN);
  });

  it('reads confidences off probabilities', () => {
    const probabilities = NdArray.from([
      [0.25, 0.75],
      [0.5, 0.5],
    ]);
    assert.deepEqual(topConfidences(probabilities, [1, 1]), { confidence: [0.75, 0.5], correct: [1, 0] });
    assert.throws(() => topConfidences(probabilities, [1]), /for 1 labels/);
    assert.throws(() => calibration([1.5], [1]), /1.5; expected probabilities/);
    assert.throws(() => calibration([0.5], [1, 0]), /1 confidences and 2 outcomes/);
  });
});
