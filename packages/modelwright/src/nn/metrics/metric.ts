import type { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { broadcastTo, cast, mul, reshape, sum } from '../../primitives/index.js';
import type { Loss } from '../losses/index.js';

/** What is measured on a model while batches run through it, without keeping their predictions. */
export interface Measure<Result> {
  /** What it is called in histories and reports. */
  readonly name: string;
  /**
   * Sums over the batch, traced. Added up over batches (as float32: counts are exact up to 16 million).
   * @param prediction [batch, ..]
   * @param target [batch, ..]
   * @param weight float32[batch]: what each example counts; 0 where it only fills the batch
   */
  statistics(prediction: Tensor, target: Tensor, weight: Tensor): Readonly<Record<string, Tensor>>;
  /** The result from the sums over all batches. Numbers are NaN where there were no examples. */
  compute(statistics: Readonly<Record<string, NdArray>>): Result;
}

/** A measure that is one number. */
export interface Metric extends Measure<number> {
  /** Which values are good. */
  readonly better: 'higher' | 'lower';
}

/** A measure that can be set up with options and written as JSON. */
export type Configurable<M extends Measure<unknown>, Options extends object> = M & {
  /** What configurations call it. */
  readonly type: string;
  readonly config: Options;
  /** The same measure with these options: `f1.with({ average: 'macro' })`. */
  with(options: Options): Configurable<M, Options>;
};

/** Gives a measure its type and its `with`. It is called by its type unless the rule says otherwise. */
export function defineMeasure<M extends Measure<unknown>, Options extends object>(
  type: string,
  rule: (options: Options) => Omit<M, 'name'> & { readonly name?: string },
  config: Options = {} as Options,
): Configurable<M, Options> {
  const measure = {
    name: type,
    ...rule(config),
    type,
    config,
    with: (options: Options) => defineMeasure(type, rule, { ...config, ...options }),
  };
  return measure as typeof measure & M;
}

/** The weight [batch] of each example at all its positions: in the shape of `like` [batch, ..]. */
export function weightsOf(like: Tensor, weight: Tensor): Tensor {
  const column = reshape(weight, [like.shape[0]!, ...like.shape.slice(1).map(() => 1)]);
  return broadcastTo(column, like.shape);
}

/** The sums from which a weighted mean of `values` [batch, ..] is taken. */
export function meanStatistics(values: Tensor, weights: Tensor): { total: Tensor; weight: Tensor } {
  return { total: sum(mul(cast(values, 'float32'), weights)), weight: sum(weights) };
}

/** The weighted mean from its sums. */
export function computeMean({ total, weight }: Readonly<Record<string, NdArray>>): number {
  return total!.item() / weight!.item();
}

/** A loss watched as a metric: its weighted mean over all examples. */
export function metricOf(loss: Loss): Metric {
  return {
    name: loss.name,
    ...('config' in loss && { type: loss.name, config: loss.config }),
    better: 'lower',
    statistics(prediction, target, weight) {
      const values = loss(prediction, target, { reduction: 'none' });
      return meanStatistics(values, weightsOf(values, weight));
    },
    compute: computeMean,
  };
}
