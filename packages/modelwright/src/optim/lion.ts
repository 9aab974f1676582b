import { add, mul, sign, sub } from '../primitives/index.js';
import { defineOptimizer } from './optimizer.js';

export interface LionOptions {
  /** Share of the momentum in the direction of a step. Default: 0.9. */
  readonly beta1: number;
  /** Decay of the momentum. Default: 0.99. */
  readonly beta2: number;
  /** The parameters shrink by rate times it at each step. Default: 0. */
  readonly weightDecay: number;
}

/**
 * Lion (Chen et al., 2023): p' = p (1 - rate weightDecay) - rate sign(b1 m + (1 - b1) g), m' = b2 m + (1 - b2) g.
 *
 * The momentum is kept as M = m / (1 - b2), so that the direction is sign(b1 (1 - b2) / (1 - b1) M + g) and M' = b2 M + g.
 * Passes over the parameters: 7; weight decay adds 1. Learning rate: 0.0001 when left out; a third to a tenth of Adam's.
 */
export const lion = defineOptimizer<LionOptions>({
  type: 'lion',
  learningRate: 1e-4,
  defaults: { beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  rule: ({ beta1, beta2, weightDecay }) => ({
    slots: [{ name: 'momentum', initial: 0 }],
    hyperparameters: (_step, learningRate) => ({
      learningRate,
      ...(weightDecay !== 0 && { keep: 1 - learningRate * weightDecay }),
    }),
    update({ parameter, gradient, slots, hyper }) {
      const direction = sign(add(mul(slots[0]!, (beta1 * (1 - beta2)) / (1 - beta1)), gradient));
      const kept = hyper.keep ? mul(parameter, hyper.keep) : parameter;
      return {
        parameter: sub(kept, mul(direction, hyper.learningRate!)),
        slots: [add(mul(slots[0]!, beta2), gradient)],
      };
    },
  }),
});
