import { add, div, mul, sqrt, square, sub } from '../primitives/index.js';
import { defineOptimizer, withWeightDecay } from './optimizer.js';

export interface AdagradOptions {
  /** The rate of step t, from 1, is divided by 1 + (t - 1) learningRateDecay. Default: 0. */
  readonly learningRateDecay: number;
  /** L2 penalty: added to the gradient, times the parameter. Default: 0. */
  readonly weightDecay: number;
  /** The sum of squares before the first step. Default: 0. */
  readonly initialAccumulator: number;
  /** Added to the divisor. Default: 1e-10. */
  readonly epsilon: number;
}

/**
 * Adagrad (Duchi et al., 2011): s' = s + g², p' = p - rate g / (sqrt(s') + e).
 *
 * Passes over the parameters: 7; weight decay adds 2. Learning rate: 0.01 when left out.
 */
export const adagrad = defineOptimizer<AdagradOptions>({
  type: 'adagrad',
  learningRate: 0.01,
  defaults: { learningRateDecay: 0, weightDecay: 0, initialAccumulator: 0, epsilon: 1e-10 },
  rule: ({ learningRateDecay, weightDecay, initialAccumulator, epsilon }) => ({
    slots: [{ name: 'sumOfSquares', initial: initialAccumulator }],
    hyperparameters: (step, learningRate) => ({
      learningRate: learningRate / (1 + (step - 1) * learningRateDecay),
    }),
    update(input) {
      const gradient = withWeightDecay(input, weightDecay);
      const total = add(input.slots[0]!, square(gradient));
      const direction = div(gradient, add(sqrt(total), epsilon));
      return { parameter: sub(input.parameter, mul(direction, input.hyper.learningRate!)), slots: [total] };
    },
  }),
});
