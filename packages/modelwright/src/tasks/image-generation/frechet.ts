import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { NdArray } from '../../graph/array.js';

/** A normal distribution over vectors. */
export interface Gaussian {
  /** [features] */
  readonly mean: Float64Array;
  /** [features, features], the unbiased estimate. */
  readonly covariance: Matrix;
}

/**
 * Mean and covariance of the rows.
 * @param features [examples, features], at least two examples
 */
export function gaussianOf(features: NdArray): Gaussian {
  const [rows, width] = features.shape as [number, number];
  if (features.shape.length !== 2 || rows < 2) {
    throw new RangeError(
      `A covariance needs [examples, features] of at least 2 examples, not [${features.shape.join(', ')}].`,
    );
  }
  const values = features.data as ArrayLike<number>;
  const mean = new Float64Array(width);
  for (let i = 0; i < features.size; i++) mean[i % width]! += values[i]! / rows;
  const sums = Array.from({ length: width }, () => new Float64Array(width));
  const centred = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) centred[i] = values[row * width + i]! - mean[i]!;
    for (let i = 0; i < width; i++) {
      const line = sums[i]!;
      for (let j = 0; j <= i; j++) line[j]! += centred[i]! * centred[j]!;
    }
  }
  const covariance = new Matrix(width, width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      covariance.set(i, j, sums[i]![j]! / (rows - 1));
      covariance.set(j, i, sums[i]![j]! / (rows - 1));
    }
  }
  return { mean, covariance };
}

/** The symmetric root of a covariance; what rounding made negative counts as 0. */
function root(covariance: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return vectors.mmul(roots).mmul(vectors.transpose());
}

/**
 * The Fréchet distance between two normal distributions (Dowson and Landau, 1982), as it is used over a network's features (Heusel et al.,
 * 2017): |m - n|² + trace(C + D - 2 (C D)^½), where (C D)^½ has the trace of (C^½ D C^½)^½. 0 where they are equal.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const apart = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0);
  const half = root(a.covariance);
  const between = root(half.mmul(b.covariance).mmul(half)).trace();
  return Math.max(0, apart + a.covariance.trace() + b.covariance.trace() - 2 * between);
}
