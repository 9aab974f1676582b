import type { Tensor } from '../../graph/tensor.js';
import { div, maximum, mean, sum } from '../../primitives/index.js';

/** How the losses of a batch become one: their mean, their sum, or left apart, one value an example. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** Default: 'mean'. With 'none' the result is [batch]; further axes are averaged. */
  readonly reduction?: Reduction;
}

/** What training makes small: a function of a prediction and its target, both with the batch in front. */
export type Loss = (prediction: Tensor, target: Tensor, options?: LossOptions) => Tensor;

/** A loss that can be set up beforehand and written as JSON. */
export interface ConfigurableLoss<Options extends object = object> {
  (prediction: Tensor, target: Tensor, options?: Options & LossOptions): Tensor;
  /** What configurations call it. */
  readonly name: string;
  /** The options it was set up with. */
  readonly config: Options;
  /** The same loss with these options from now on: `crossEntropy.with({ labelSmoothing: 0.1 })`. */
  with(options: Options): ConfigurableLoss<Options>;
}

/** A loss before it is reduced. */
export interface LossValues {
  /** Of each element or position, [batch, ..]. */
  readonly values: Tensor;
  /** By what the mean divides, summed up, in the shape of `values`. Absent where that is the number of values. */
  readonly weights?: Tensor | undefined;
  /** 1 where a value counts in the average of its example, 0 where it does not. Absent where all do. */
  readonly counted?: Tensor | undefined;
}

/** Gives a loss its name, its reductions and its `with`. */
export function defineLoss<Options extends object>(
  name: string,
  rule: (prediction: Tensor, target: Tensor, options: Options) => LossValues,
  config: Options = {} as Options,
): ConfigurableLoss<Options> {
  const loss = (prediction: Tensor, target: Tensor, options: Options & LossOptions = {} as Options): Tensor =>
    reduce(name, rule(prediction, target, { ...config, ...options }), options.reduction ?? 'mean');
  Object.defineProperty(loss, 'name', { value: name });
  return Object.assign(loss, {
    config,
    with: (options: Options) => defineLoss(name, rule, { ...config, ...options }),
  });
}

/** A divisor below which a sum of weights counts as nothing: then the loss is 0 and not 0 / 0. */
const nothing = 1e-12;

function reduce(name: string, { values, weights, counted }: LossValues, reduction: Reduction): Tensor {
  switch (reduction) {
    case 'mean':
      return weights ? div(sum(values), maximum(sum(weights), nothing)) : mean(values);
    case 'sum':
      return sum(values);
    case 'none': {
      if (values.rank === 1) return values;
      const inner = values.shape.slice(1).map((_, position) => position + 1);
      return counted ? div(sum(values, inner), maximum(sum(counted, inner), nothing)) : mean(values, inner);
    }
    default:
      throw new RangeError(
        `${name}: there is no reduction '${String(reduction)}'; use 'mean', 'sum' or 'none'.`,
      );
  }
}
