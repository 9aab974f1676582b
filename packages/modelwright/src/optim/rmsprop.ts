import { add, div, maximum, mul, sqrt, square, sub } from '../primitives/index.js';
import { defineOptimizer, withWeightDecay } from './optimizer.js';

export interface RmspropOptions {
  /** Decay of the mean of the squares. Default: 0.99. */
  readonly alpha: number;
  /** Added to the divisor. Default: 1e-8. */
  readonly epsilon: number;
  /** L2 penalty: added to the gradient, times the parameter. Default: 0. */
  readonly weightDecay: number;
  /** Share of the last step's direction that is kept, 0 .. 1. Default: 0. */
  readonly momentum: number;
  /** Whether the divisor is the deviation from the mean gradient instead of the root mean square. Default: false. */
  readonly centered: boolean;
}

/**
 * RMSprop (Hinton, 2012; centred: Graves, 2013), as PyTorch writes it: s' = a s + (1 - a) g², d = g / (sqrt(s') + e), centred
 * with s' minus the square of the mean gradient; b' = momentum b + d; p' = p - rate b'.
 *
 * The means are kept divided by 1 - a, which the scalars make up for: S' = a S + g² and d sqrt(1 - a) = g / (sqrt(S') + offset).
 * Passes over the parameters: 8; weight decay and momentum add 2 each, centring 6. Learning rate: 0.01 when left out.
 */
export const rmsprop = defineOptimizer<RmspropOptions>({
  type: 'rmsprop',
  learningRate: 0.01,
  defaults: { alpha: 0.99, epsilon: 1e-8, weightDecay: 0, momentum: 0, centered: false },
  rule({ alpha, epsilon, weightDecay, momentum, centered }) {
    const root = Math.sqrt(1 - alpha);
    const names = ['meanSquare', ...(centered ? ['mean'] : []), ...(momentum === 0 ? [] : ['momentum'])];
    return {
      slots: names.map((name) => ({ name, initial: 0 })),
      hyperparameters: (_step, learningRate) => ({ stepSize: learningRate / root }),
      update(input) {
        const gradient = withWeightDecay(input, weightDecay);
        const slot = (name: string) => input.slots[names.indexOf(name)]!;
        const meanSquare = add(mul(slot('meanSquare'), alpha), square(gradient));
        const mean = centered ? [add(mul(slot('mean'), alpha), gradient)] : [];
        // Rounding can take the variance below 0, where it has no root.
        const [spread = meanSquare] = mean.map((m) => maximum(sub(meanSquare, mul(square(m), 1 - alpha)), 0));
        const direction = div(gradient, add(sqrt(spread), epsilon / root));
        const buffer = momentum === 0 ? [] : [add(mul(slot('momentum'), momentum), direction)];
        const [step = direction] = buffer;
        return {
          parameter: sub(input.parameter, mul(step, input.hyper.stepSize!)),
          slots: [meanSquare, ...mean, ...buffer],
        };
      },
    };
  },
});
