import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFixture } from '../../testing/fixture.js';
import { averagePrecision, type DetectedImage } from './detection.js';

interface Case {
  readonly classes: number;
  readonly maximum: number;
  readonly images: readonly DetectedImage[];
  readonly mean: number;
  readonly perThreshold: readonly number[];
  readonly perClass: readonly (number | null)[];
}

const { cases } = readFixture<{ cases: Case[] }>(import.meta.url, 'fixtures/detection.json');

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe('averagePrecision', () => {
  for (const [position, { images, classes, maximum, ...expected }] of cases.entries()) {
    it(`case ${position}: the numbers of pycocotools`, () => {
      const found = averagePrecision(images, { classes, maximum });
      near(found.mean, expected.mean);
      for (const [i, value] of expected.perThreshold.entries()) near(found.perThreshold[i]!, value);
      for (const [label, value] of expected.perClass.entries()) {
        if (value === null) assert.ok(Number.isNaN(found.perClass[label]));
        else near(found.perClass[label]!, value);
      }
      near(averagePrecision(images, { classes, maximum, thresholds: [0.5] }).mean, expected.perThreshold[0]!);
    });
  }

  it('is 1 where all is found and nothing else, and tells precision and recall', () => {
    const truth = [
      { box: [0, 0, 10, 10], label: 0 },
      { box: [20, 20, 30, 30], label: 0 },
    ] as const;
    const right = truth.map((each, i) => ({ ...each, score: 0.9 - i / 10 }));
    near(averagePrecision([{ truth, found: right }], { classes: 1 }).mean, 1);
    const twice = [...right, { ...right[0]!, score: 0.85 }];
    const { curves, perThreshold } = averagePrecision([{ truth, found: twice }], {
      classes: 1,
      thresholds: [0.5],
    });
    assert.deepEqual(curves[0]!.precision, [1, 1 / 2, 2 / 3]);
    assert.deepEqual(curves[0]!.recall, [0.5, 0.5, 1]);
    // Recalls 0 .. 0.5 have precision 1, the 50 above it 2 / 3.
    near(perThreshold[0]!, (51 + 50 * (2 / 3)) / 101);
  });

  it('is not a number without true boxes', () => {
    const found = [{ box: [0, 0, 1, 1] as const, label: 0, score: 1 }];
    assert.ok(Number.isNaN(averagePrecision([{ truth: [], found }], { classes: 1 }).mean));
  });
});
