// Linear discriminant analysis: directions in which classes lie far apart, measured by how much each class spreads.
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { matmul } from '../../primitives/index.js';
import { compile } from '../../runtime/compile.js';
import type { LabelledEmbeddings } from './embed.js';

/** A linear function: y = x W + b. */
export interface Discriminant {
  /** float32 [features, dimensions] */
  readonly weight: NdArray<'float32'>;
  /** float32 [dimensions]: the mean of the classes becomes 0. */
  readonly bias: NdArray<'float32'>;
}

export interface DiscriminantOptions {
  /** Numbers that come out: fewer than there are classes. */
  readonly dimensions: number;
  /** How far the spread within classes is drawn towards one that is equal in all directions, in (0, 1]. */
  readonly shrinkage: number;
}

/** The most features: the time to factorise their covariance grows with the third power. */
const mostFeatures = 4096;

/**
 * The directions in which the means of classes lie farthest apart, in units of the spread within classes (Fisher, 1936), which is shrunk as by
 * Ledoit and Wolf (2004): S = (1 - s) C + s trace(C) / features I. The largest wᵀ B w with wᵀ S w = 1, B the covariance of the means.
 * What comes out is spread equally in all directions within classes, so that cosines compare it well.
 * @param examples features [examples, features] and their classes
 * @throws RangeError when there are too many features, or not more classes than dimensions
 */
export async function discriminantOf(
  { embeddings: features, labels }: LabelledEmbeddings,
  { dimensions, shrinkage }: DiscriminantOptions,
): Promise<Discriminant> {
  const width = features.shape[1]!;
  if (width > mostFeatures) {
    throw new RangeError(
      `The discriminant takes ${mostFeatures} features at most, but the network gives ${width}. Ask for smaller pictures, or for another network.`,
    );
  }
  const { means, residuals } = byClass(features, labels);
  if (means.rows <= dimensions) {
    throw new RangeError(
      `Means of ${means.rows} classes lie in ${means.rows - 1} dimensions at most, but ${dimensions} were asked for.`,
    );
  }
  const covariance = await covarianceOf(residuals);
  const even = (shrinkage * covariance.trace()) / width;
  const spread = covariance.mul(1 - shrinkage).add(Matrix.eye(width, width, even));
  const centre = means.mean('column');
  means.subRowVector(centre);
  // With M the means, a row each: the directions are S⁻¹ Mᵀ u / √λ for the eigenvectors u of M S⁻¹ Mᵀ.
  const solved = new CholeskyDecomposition(spread).solve(means.transpose());
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(means.mmul(solved), {
    assumeSymmetric: true,
  });
  const farthest = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const weight = new NdArray('float32', [width, dimensions]);
  const bias = new NdArray('float32', [dimensions]);
  for (const [k, which] of farthest.slice(0, dimensions).entries()) {
    const length = Math.sqrt(Math.max(realEigenvalues[which]!, Number.MIN_VALUE));
    const direction = solved.mmul(eigenvectorMatrix.getColumnVector(which)).div(length).to1DArray();
    for (const [i, value] of direction.entries()) {
      weight.data[i * dimensions + k] = value;
      bias.data[k]! -= value * centre[i]!;
    }
  }
  return { weight, bias };
}

/** The covariance of rows whose mean is 0, the unbiased estimate. */
async function covarianceOf(rows: NdArray<'float32'>): Promise<Matrix> {
  const product = compile((x: Tensor) => matmul(x.transpose([1, 0]), x));
  try {
    const [count, width] = rows.shape as [number, number];
    const { data } = (await product(rows)) as NdArray<'float32'>;
    return Matrix.from1DArray(width, width, data).div(count - 1);
  } finally {
    await product.release();
  }
}

/** The mean of each class, a row each, and how far each example lies from that of its class. */
function byClass(
  features: NdArray<'float32'>,
  labels: readonly number[],
): { means: Matrix; residuals: NdArray<'float32'> } {
  const [count, width] = features.shape as [number, number];
  const places = new Map([...new Set(labels)].map((label, place) => [label, place]));
  const rows = labels.map((label) => places.get(label)!);
  const means = Matrix.zeros(places.size, width);
  const counts = new Array<number>(places.size).fill(0);
  for (const row of rows) counts[row]! += 1;
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < width; j++)
      means.set(row, j, means.get(row, j) + features.data[i * width + j]! / counts[row]!);
  }
  const residuals = new NdArray('float32', [count, width]);
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < width; j++)
      residuals.data[i * width + j] = features.data[i * width + j]! - means.get(row, j);
  }
  return { means, residuals };
}
