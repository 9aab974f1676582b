import { add, div, maximum, mul, sqrt, square, sub } from '../primitives/index.js';
import { defineOptimizer, type UpdateRule, withWeightDecay } from './optimizer.js';

export interface AdamOptions {
  /** Decay of the mean of the gradients. Default: 0.9. */
  readonly beta1: number;
  /** Decay of the mean of their squares. Default: 0.999. */
  readonly beta2: number;
  /** Added to the divisor. Default: 1e-8. */
  readonly epsilon: number;
  /** Default: 0 for adam, where it is an L2 penalty; 0.01 for adamW, where the parameters shrink by rate times it. */
  readonly weightDecay: number;
  /** Whether the divisor uses the largest mean square so far (Reddi et al., 2018). Default: false. */
  readonly amsgrad: boolean;
}

/**
 * PyTorch writes m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g², p' = p - rate m'/(1 - b1^t) / (sqrt(v'/(1 - b2^t)) + e).
 * Here the moments are kept as M = m / (1 - b1) and V = v / (1 - b2), and all scalars are gathered on the host:
 * M' = b1 M + g, V' = b2 V + g², p' = p - stepSize M' / (sqrt(V') + offset), with r = sqrt((1 - b2) / (1 - b2^t)),
 * stepSize = rate (1 - b1) / (1 - b1^t) / r and offset = e / r.
 */
function adamRule(
  { beta1, beta2, epsilon, weightDecay, amsgrad }: AdamOptions,
  decoupled: boolean,
): UpdateRule {
  const shrinks = decoupled && weightDecay !== 0;
  return {
    slots: ['firstMoment', 'secondMoment', ...(amsgrad ? ['largestSecondMoment'] : [])].map((name) => ({
      name,
      initial: 0,
    })),
    hyperparameters(step, learningRate) {
      const root = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return {
        stepSize: (learningRate * (1 - beta1)) / (1 - beta1 ** step) / root,
        offset: epsilon / root,
        ...(shrinks && { keep: 1 - learningRate * weightDecay }),
      };
    },
    update(input) {
      const { parameter, slots, hyper } = input;
      const gradient = decoupled ? input.gradient : withWeightDecay(input, weightDecay);
      const first = add(mul(slots[0]!, beta1), gradient);
      const second = add(mul(slots[1]!, beta2), square(gradient));
      const largest = amsgrad ? maximum(slots[2]!, second) : second;
      const direction = div(first, add(sqrt(largest), hyper.offset!));
      const kept = shrinks ? mul(parameter, hyper.keep!) : parameter;
      return {
        parameter: sub(kept, mul(direction, hyper.stepSize!)),
        slots: amsgrad ? [first, second, largest] : [first, second],
      };
    },
  };
}

/**
 * Adam (Kingma and Ba, 2015): steps along the mean of the gradients, divided by the root of the mean of their squares.
 *
 * Passes over the parameters: 10; weight decay adds 2, amsgrad 1. Learning rate: 0.001 when left out.
 */
export const adam = defineOptimizer<AdamOptions>({
  type: 'adam',
  learningRate: 1e-3,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, amsgrad: false },
  rule: (config) => adamRule(config, false),
});

/**
 * Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019): p shrinks by rate times weightDecay first.
 *
 * Passes over the parameters: 11; amsgrad adds 1. Learning rate: 0.001 when left out.
 */
export const adamW = defineOptimizer<AdamOptions>({
  type: 'adamW',
  learningRate: 1e-3,
  defaults: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, amsgrad: false },
  rule: (config) => adamRule(config, true),
});
