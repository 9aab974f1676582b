import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Matrix } from 'ml-matrix';
import { NdArray } from '../../graph/array.js';
import { assertNear } from '../../testing/compare.js';
import { frechetDistance, gaussianOf } from './frechet.js';

const gaussian = (mean: readonly number[], covariance: number[][]) => ({
  mean: Float64Array.from(mean),
  covariance: new Matrix(covariance),
});

describe('the Fréchet distance', () => {
  it('is |m - n|² + Σ (s - t)² for independent features of deviations s and t', () => {
    const a = gaussian(
      [1, 0, -2],
      [
        [4, 0, 0],
        [0, 1, 0],
        [0, 0, 9],
      ],
    );
    const b = gaussian(
      [0, 2, -2],
      [
        [1, 0, 0],
        [0, 25, 0],
        [0, 0, 9],
      ],
    );
    assertNear([frechetDistance(a, b)], [1 + 4 + 1 + 16], 1e-9, 'distance');
    assertNear([frechetDistance(b, a)], [22], 1e-9, 'distance the other way');
    assertNear([frechetDistance(a, a)], [0], 1e-9, 'distance to itself');
  });

  it('has the root of a product that does not commute', () => {
    // The root of a 2 x 2 matrix M has the trace (trace M + 2 det(M)^½)^½.
    const [c, d] = [
      [
        [2, 1],
        [1, 3],
      ],
      [
        [5, -2],
        [-2, 1],
      ],
    ];
    const product = new Matrix(c).mmul(new Matrix(d));
    const determinant = product.get(0, 0) * product.get(1, 1) - product.get(0, 1) * product.get(1, 0);
    const root = Math.sqrt(product.trace() + 2 * Math.sqrt(determinant));
    assertNear(
      [frechetDistance(gaussian([0, 0], c), gaussian([3, 0], d))],
      [9 + 5 + 6 - 2 * root],
      1e-9,
      'distance',
    );
  });

  it('takes a covariance without rank', () => {
    const flat = gaussian(
      [0, 0],
      [
        [1, 1],
        [1, 1],
      ],
    );
    assertNear(
      [
        frechetDistance(
          flat,
          gaussian(
            [0, 0],
            [
              [4, 4],
              [4, 4],
            ],
          ),
        ),
      ],
      [2],
      1e-7,
      'distance',
    );
  });

  it('estimates mean and covariance without bias', () => {
    const { mean, covariance } = gaussianOf(
      NdArray.from([
        [1, 2],
        [3, 2],
        [5, 8],
      ]),
    );
    assertNear(mean, [3, 4], 1e-12, 'mean');
    assertNear(covariance.to1DArray(), [4, 6, 6, 12], 1e-12, 'covariance');
    assert.throws(() => gaussianOf(NdArray.from([[1, 2]])), /at least 2 examples/);
  });
});
