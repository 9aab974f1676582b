import { NdArray } from '../../graph/array.js';
import { isFloat, isInteger } from '../../graph/dtype.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  and,
  cast,
  constant,
  equal,
  expandDimensions,
  greater,
  matmulTransposed,
  max,
  maximum,
  mul,
  neg,
  not,
  relu,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  where,
} from '../../primitives/index.js';
import { defineLoss, type LossValues } from './loss.js';

/** How the triplets of a batch are chosen. */
export type TripletMining = 'batchHard' | 'semiHard';

export interface TripletOptions {
  /** By how much an example of another class is to lie farther than one of the same; 'soft' asks for ever more, ever less. Default: 0.2. */
  readonly margin?: number | 'soft';
  /** Default: 'batchHard'. */
  readonly mining?: TripletMining;
  /** Whether distances are squared. Default: false. */
  readonly squared?: boolean;
}

/** Larger than any distance that comes about, and far from overflow when something is taken from it. */
const far = 1e9;
/** The least squared distance: below it the root's slope would have no bound. */
const near = 1e-12;

/** The distances between all rows, [batch, batch]: |a - b|, or |a - b|². */
function distances(x: Tensor, squared: boolean): Tensor {
  const squares = sum(square(x), 1);
  const products = mul(matmulTransposed(x, x), -2);
  const apart = maximum(add(add(products, expandDimensions(squares, 0)), expandDimensions(squares, 1)), near);
  return squared ? apart : sqrt(apart);
}

/** Which pairs of rows are two examples of one class, and which are of two classes: bool [batch, batch]. */
function pairs(target: Tensor, batch: number): { readonly positive: Tensor; readonly negative: Tensor } {
  const same = equal(expandDimensions(target, 0), expandDimensions(target, 1));
  const self = Array.from({ length: batch * batch }, (_, i) => Number(i % (batch + 1) === 0));
  const others = NdArray.of(
    'bool',
    [batch, batch],
    self.map((value) => 1 - value),
  );
  return { positive: and(same, constant(others)), negative: not(same) };
}

const smallest = (x: Tensor, axis: number): Tensor => neg(max(neg(x), axis));

/** Each example with its farthest neighbour of the same class and its nearest of another. */
function batchHard(apart: Tensor, { positive, negative }: ReturnType<typeof pairs>, cost: Cost): LossValues {
  const farthest = max(where(positive, apart, 0), 1);
  const nearest = smallest(where(negative, apart, far), 1);
  const counted = mul(max(cast(positive, apart.dtype), 1), max(cast(negative, apart.dtype), 1));
  return { values: mul(cost(farthest, nearest), counted), weights: counted };
}

/** Each pair of one class with the nearest of another class that lies farther, or else with the farthest of another class. */
function semiHard(apart: Tensor, { positive, negative }: ReturnType<typeof pairs>, cost: Cost): LossValues {
  const toOthers = expandDimensions(apart, 1);
  const beyond = and(greater(toOthers, expandDimensions(apart, 2)), expandDimensions(negative, 1));
  const nearestBeyond = smallest(where(beyond, toOthers, far), 2);
  const farthest = max(where(negative, apart, 0), 1, true);
  const chosen = where(equal(nearestBeyond, far), farthest, nearestBeyond);
  const counted = mul(cast(positive, apart.dtype), max(cast(negative, apart.dtype), 1, true));
  return { values: mul(cost(apart, chosen), counted), weights: counted, counted };
}

type Cost = (toSame: Tensor, toOther: Tensor) => Tensor;

const minings = { batchHard, semiHard } as const;

/**
 * Examples of one class closer together than to those of another: max(0, d(a, p) - d(a, n) + margin), or log(1 + exp(d(a, p) - d(a, n)))
 * with the margin 'soft', d being the Euclidean distance (Schroff et al., 2015). The triplets of anchor a, positive p and negative n are
 * chosen from the batch: with `batchHard` for each example the farthest p and the nearest n (Hermans et al., 2017); with `semiHard` for
 * each pair a, p the nearest n that is farther than p, or the farthest n where none is. Examples without a p or an n in the batch do not
 * count: make batches with classBatches(), and train with one worker, so that triplets are sought in the whole batch.
 *
 * Prediction: embeddings [batch, features], the batch of a known size. Target: classes, integers [batch].
 * @throws TypeError when either has another form; RangeError for a margin below 0 or an unknown mining
 */
export const tripletLoss = defineLoss<TripletOptions>('tripletLoss', (prediction, target, options) => {
  const { margin = 0.2, mining = 'batchHard', squared = false } = options;
  const [batch] = prediction.shape;
  if (prediction.rank !== 2 || !isFloat(prediction.dtype) || typeof batch !== 'number') {
    throw new TypeError(
      `tripletLoss: expected embeddings, floats [batch, features] of a known batch, but got ${prediction}.`,
    );
  }
  if (target.rank !== 1 || !isInteger(target.dtype) || target.shape[0] !== batch) {
    throw new TypeError(
      `tripletLoss: expected a class for each embedding, int32[${batch}], but got ${target}.`,
    );
  }
  if (margin !== 'soft' && !(margin >= 0))
    throw new RangeError(`tripletLoss: margin is ${margin}; expected 0 or more, or 'soft'.`);
  if (!Object.hasOwn(minings, mining)) {
    throw new RangeError(
      `tripletLoss: there is no mining '${mining}'; there is ${Object.keys(minings).join(', ')}.`,
    );
  }
  const cost: Cost = (toSame, toOther) => {
    const excess = sub(toSame, toOther);
    return margin === 'soft' ? softplus(excess) : relu(add(excess, margin));
  };
  return minings[mining](distances(prediction, squared), pairs(target, batch), cost);
});
