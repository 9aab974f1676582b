import type { Tensor } from '../../graph/tensor.js';
import { leaves, type Tree } from '../../graph/tree.js';
import { abs, add, mul, scalar, square, sum } from '../../primitives/index.js';

export interface PenaltyOptions {
  /** Which parameters count: those of two or more dimensions, or biases and scales as well. Default: 'weights'. */
  readonly of?: 'weights' | 'all';
}

/** A term added to the loss that depends on the parameters alone: a float32 scalar. */
export type Penalty = (parameters: Tree<Tensor>) => Tensor;

const penalty =
  (term: (x: Tensor) => Tensor) =>
  (strength: number, options: PenaltyOptions = {}): Penalty => {
    if (!(strength >= 0)) throw new RangeError(`A penalty's strength is ${strength}; expected 0 or more.`);
    return (parameters) => {
      const counted = leaves(parameters).filter(({ rank }) => options.of === 'all' || rank >= 2);
      if (counted.length === 0) return scalar(0, 'float32');
      return mul(counted.map((parameter) => sum(term(parameter))).reduce(add), strength);
    };
  };

/** strength times the sum of |w| over all weights: drives many to 0 (Tibshirani, 1996). */
export const l1 = penalty(abs);

/** strength times the sum of w² over all weights. */
export const l2 = penalty(square);
