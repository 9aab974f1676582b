// How well embeddings tell whether two pictures, voices or texts are of one class, and find others of the same class.
import type { NdArray } from '../../graph/array.js';
import { dot, unitTable } from '../vectors.js';
import { type Numbers, type RocPoints, toNumbers } from './ranking.js';

/** Pairs of examples: how alike they are, and whether they are of one class. */
export interface ScoredPairs {
  /** Cosine of the angle between the two embeddings. */
  readonly scores: Float32Array;
  /** 1 for pairs of one class, 0 for others. */
  readonly labels: Uint8Array;
}

/** The embeddings as rows of length 1. @throws RangeError unless they are [examples, features], one label each */
function unitRows(
  who: string,
  embeddings: NdArray,
  labels: Numbers,
): { rows: Float32Array[]; classes: number[] } {
  const [count, width] = embeddings.shape;
  const classes = toNumbers(labels);
  if (embeddings.shape.length !== 2 || count !== classes.length) {
    throw new RangeError(
      `${who}: expected embeddings [examples, features] and a label each, but got [${embeddings.shape.join(', ')}] and ${classes.length} labels.`,
    );
  }
  const table = unitTable(Float32Array.from(embeddings.toNumbers()), width!);
  return { rows: classes.map((_, i) => table.subarray(i * width!, (i + 1) * width!)), classes };
}

/**
 * All pairs of two different examples.
 * @param embeddings [examples, features]
 * @param labels [examples]: class indices
 */
export function verificationPairs(embeddings: NdArray, labels: Numbers): ScoredPairs {
  const { rows, classes } = unitRows('verificationPairs', embeddings, labels);
  const count = (rows.length * (rows.length - 1)) / 2;
  const [scores, same] = [new Float32Array(count), new Uint8Array(count)];
  let pair = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < i; j++) {
      scores[pair] = dot(rows[i]!, rows[j]!);
      same[pair++] = Number(classes[i] === classes[j]);
    }
  }
  return { scores, labels: same };
}

/** Where as many true pairs are refused as false ones are accepted. */
export interface EqualError {
  /** That share, 0 .. 1. */
  readonly rate: number;
  /** The score from which on two are taken to be of one class there. */
  readonly threshold: number;
}

/** The equal error rate of a ROC curve, on the straight line between the two points around it. NaN where a rate is NaN. */
export function equalError({ falsePositiveRate, truePositiveRate, thresholds }: RocPoints): EqualError {
  const excess = (i: number): number => falsePositiveRate[i]! - (1 - truePositiveRate[i]!);
  const after = thresholds.findIndex((_, i) => excess(i) >= 0);
  if (after < 1) return { rate: Number.NaN, threshold: Number.NaN };
  const share = -excess(after - 1) / (excess(after) - excess(after - 1));
  const between = (values: readonly number[]): number =>
    values[after - 1]! + share * (values[after]! - values[after - 1]!);
  return {
    rate: between(falsePositiveRate),
    threshold: Number.isFinite(thresholds[after - 1]) ? between(thresholds) : thresholds[after]!,
  };
}

/** The largest share of true pairs accepted by a threshold that accepts no more than this share of the false ones. */
export function trueAcceptRate(
  { falsePositiveRate, truePositiveRate }: RocPoints,
  falseAcceptRate: number,
): number {
  if (Number.isNaN(falsePositiveRate[0])) return Number.NaN;
  const allowed = truePositiveRate.filter((_, i) => falsePositiveRate[i]! <= falseAcceptRate);
  return allowed.reduce((best, rate) => Math.max(best, rate), 0);
}

/**
 * For each k the share of examples that have one of their own class among their k nearest neighbours, themselves left out. Only examples
 * whose class has another member count; NaN where there is none. At equal scores other classes come first. Parameters as for
 * `verificationPairs`.
 */
export function recallAtK(embeddings: NdArray, labels: Numbers, ks: readonly number[]): number[] {
  const { rows, classes } = unitRows('recallAtK', embeddings, labels);
  const ranks = rows.flatMap((row, i) => {
    const scores = rows.map((other) => dot(row, other));
    const isMate = (j: number): boolean => j !== i && classes[j] === classes[i];
    const best = scores.reduce(
      (most, score, j) => (isMate(j) ? Math.max(most, score) : most),
      Number.NEGATIVE_INFINITY,
    );
    if (best === Number.NEGATIVE_INFINITY) return [];
    return [scores.filter((score, j) => j !== i && classes[j] !== classes[i] && score >= best).length];
  });
  return ks.map((k) => ranks.filter((rank) => rank < k).length / ranks.length);
}
