import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { type ClassBatch, cutmix, mixup } from './mixup.js';

/** Four plain images of the values 0, 50, 100, 150 and the classes 0, 1, 2, 3. */
const batch: ClassBatch = {
  input: NdArray.of(
    'uint8',
    [4, 2, 4, 6],
    Array.from({ length: 4 * 48 }, (_, i) => 50 * Math.floor(i / 48)),
  ),
  target: NdArray.from([0, 1, 2, 3], 'int32'),
};

const context = (seed: number) => ({ random: new Random(seed), index: 0, epoch: 0 });

/** Asserts for each image that its mean is that of the classes its target says: both are mixed alike. */
function assertMixedAlike({ input, target }: ClassBatch, tolerance: number): void {
  assert.deepEqual(
    [input.dtype, input.shape, target.dtype, target.shape],
    ['uint8', [4, 2, 4, 6], 'float32', [4, 4]],
  );
  for (let i = 0; i < 4; i++) {
    const shares = target.toNumbers().slice(4 * i, 4 * i + 4);
    assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-6);
    const mean =
      input
        .toNumbers()
        .slice(48 * i, 48 * i + 48)
        .reduce((a, b) => a + b) / 48;
    const expected = shares.reduce((sum, share, label) => sum + 50 * label * share, 0);
    assert.ok(Math.abs(mean - expected) <= tolerance, `mean ${mean}, target says ${expected}`);
  }
}

describe('mixup', () => {
  it('mixes inputs and targets by one share', () => {
    const untouched = batch.input.clone();
    const results = Array.from({ length: 30 }, (_, seed) =>
      mixup({ classes: 4, alpha: 1 })(batch, context(seed)),
    );
    for (const result of results) assertMixedAlike(result, 0.51); // pixels are rounded
    assert.ok(new Set(results.flatMap(({ target }) => target.toNumbers())).size > 20);
    assert.deepEqual(batch.input, untouched);
  });

  it('mixes soft targets again, and refuses what is none', () => {
    const soft = mixup({ classes: 4 })(mixup({ classes: 4 })(batch, context(1)), context(2));
    assertMixedAlike(soft, 1.01);
    assert.throws(() => mixup({ classes: 3 })(batch, context(1)), /class 3, but there are 3 classes/);
    const single = { input: new NdArray('uint8', [1, 2, 2]), target: new NdArray('int32', []) };
    assert.throws(
      () => mixup({ classes: 3 })(single, context(1)),
      /int32 \[\]\. Call batch\(\) before mixup/,
    );
  });
});

describe('cutmix', () => {
  it('puts in a box and mixes the targets by its area', () => {
    const boxes = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const result = cutmix({ classes: 4 })(batch, context(seed));
      assertMixedAlike(result, 1e-4);
      for (const value of result.input.toNumbers()) assert.ok(value % 50 === 0);
      boxes.add(Math.max(...result.target.toNumbers().slice(0, 4)));
    }
    assert.ok(boxes.size > 5);
  });
});
