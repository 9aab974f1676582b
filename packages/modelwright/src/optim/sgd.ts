import { add, mul, sub } from '../primitives/index.js';
import { defineOptimizer, withWeightDecay } from './optimizer.js';

export interface SgdOptions {
  /** Share of the last step's direction that is kept, 0 .. 1. Default: 0. */
  readonly momentum: number;
  /** Whether to look ahead along the momentum (Nesterov). Default: false. */
  readonly nesterov: boolean;
  /** L2 penalty: added to the gradient, times the parameter. Default: 0. */
  readonly weightDecay: number;
  /** Share of each new gradient, after the first, left out of the momentum. Default: 0. */
  readonly dampening: number;
}

/**
 * Stochastic gradient descent with momentum (Sutskever et al., 2013), as PyTorch writes it:
 * b' = momentum b + (1 - dampening) g, the first time b' = g;  p' = p - rate b', or with Nesterov p - rate (g + momentum b').
 *
 * Passes over the parameters: 2, with momentum 4, with Nesterov 6; weight decay and dampening add 2 and 1.
 * Learning rate: 0.01 when left out.
 * @throws RangeError for Nesterov without momentum or with dampening
 */
export const sgd = defineOptimizer<SgdOptions>({
  type: 'sgd',
  learningRate: 0.01,
  defaults: { momentum: 0, nesterov: false, weightDecay: 0, dampening: 0 },
  rule({ momentum, nesterov, weightDecay, dampening }) {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError('sgd: Nesterov needs a momentum above 0 and no dampening.');
    }
    return {
      slots: momentum === 0 ? [] : [{ name: 'momentum', initial: 0 }],
      hyperparameters: (step, learningRate) => ({
        learningRate,
        ...(dampening !== 0 && { share: step === 1 ? 1 : 1 - dampening }),
      }),
      update(input) {
        const { parameter, hyper, slots } = input;
        const gradient = withWeightDecay(input, weightDecay);
        const [buffer] = slots;
        if (!buffer) return { parameter: sub(parameter, mul(gradient, hyper.learningRate!)), slots };
        const fresh = hyper.share ? mul(gradient, hyper.share) : gradient;
        const next = add(mul(buffer, momentum), fresh);
        const direction = nesterov ? add(gradient, mul(next, momentum)) : next;
        return { parameter: sub(parameter, mul(direction, hyper.learningRate!)), slots: [next] };
      },
    };
  },
});
