import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { assertNear } from '../../testing/compare.js';
import { discriminantOf } from './discriminant.js';

const rows = (values: readonly (readonly number[])[]): NdArray<'float32'> =>
  NdArray.of('float32', [values.length, values[0]!.length], Float32Array.from(values.flat()));

describe('the linear discriminant', () => {
  it('is that of two classes by the formula S⁻¹ (m - n), of spread 1 within', async () => {
    // Four examples around (2, 1) and (-2, -1), at (±3, 0) and (0, ±1): C = diag(18, 2) / 3 x 8 / 7 x 3 / 4 = diag(36, 4) / 7.
    const around = [
      [3, 0],
      [-3, 0],
      [0, 1],
      [0, -1],
    ];
    const examples = [2, -2].flatMap((x) => around.map(([u, v]) => [x + u!, x / 2 + v!]));
    const shrinkage = 0.25;
    const even = (shrinkage * (40 / 7)) / 2;
    const [a, b] = [(0.75 * 36) / 7 + even, (0.75 * 4) / 7 + even];
    const length = Math.sqrt(4 / a + 1 / b);
    const expected = [2 / a / length, 1 / b / length];
    const { weight, bias } = await discriminantOf(
      { embeddings: rows(examples), labels: [7, 7, 7, 7, 3, 3, 3, 3] },
      { dimensions: 1, shrinkage },
    );
    const sign = Math.sign(weight.data[0]!);
    assertNear(
      [...weight.data].map((value) => sign * value),
      expected,
      1e-6,
      'weight',
    );
    assertNear([...bias.data], [0], 1e-6, 'bias');
  });

  it('takes the farthest directions first, and the mean of the classes to 0', async () => {
    const random = new Random(3);
    const centres = [
      [5, 1, 0],
      [-5, 1, 0],
      [5, 3, 0],
      [-5, 3, 0],
    ];
    const labels = Array.from({ length: 4000 }, (_, i) => i % 4);
    const embeddings = rows(labels.map((label) => centres[label]!.map((at) => at + random.normal())));
    const { weight, bias } = await discriminantOf({ embeddings, labels }, { dimensions: 2, shrinkage: 0.01 });
    // The spread within is that of the unit matrix: the directions are the axes.
    assertNear([...weight.data].map(Math.abs), [1, 0, 0, 1, 0, 0], 0.1, 'weight [features, dimensions]');
    assertNear([...bias.data].map(Math.abs), [0, 2], 0.2, 'bias');
  });

  it('says when there are too few classes or too many features', async () => {
    const few = { embeddings: rows([[1], [2], [3], [5]]), labels: [0, 0, 1, 1] };
    await assert.rejects(discriminantOf(few, { dimensions: 2, shrinkage: 0.5 }), /2 classes lie in 1 dim/);
    const wide = { embeddings: new NdArray('float32', [2, 5000]), labels: [0, 1] };
    await assert.rejects(
      discriminantOf(wide, { dimensions: 1, shrinkage: 0.5 }),
      /4096 features at most.*5000/,
    );
  });
});
