import { add, mul, sub } from '../primitives/index.js';
import type { Optimizer } from './optimizer.js';

/** The slot that says how much of each step each parameter takes. */
export const rateFactorSlot = 'rateFactor';

/**
 * The same optimiser with a learning rate of its own for each parameter (Howard and Ruder, 2018): p' = p + factor (q - p), where q is
 * what the optimiser makes of p. That is the optimiser with its learning rate times the factor, since no rule here lets the learning
 * rate into its slots. The factors lie in a slot beside the others and never change.
 */
export function withRateFactors(optimizer: Optimizer): Optimizer {
  return {
    ...optimizer,
    slots: [...optimizer.slots, { name: rateFactorSlot, initial: 1 }],
    update(input) {
      const factor = input.slots.at(-1)!;
      const updated = optimizer.update({ ...input, slots: input.slots.slice(0, -1) });
      const step = sub(updated.parameter, input.parameter);
      return { parameter: add(input.parameter, mul(step, factor)), slots: [...updated.slots, factor] };
    },
  };
}
