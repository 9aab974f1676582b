// Optimisers over trees of parameters, for training loops written by hand.
import { NdArray } from '../graph/array.js';
import type { Tensor } from '../graph/tensor.js';
import { leaves, type Tree, unflatten } from '../graph/tree.js';
import type { Optimizer } from './optimizer.js';

/** An optimiser's arrays, by slot, each slot nested as the parameters are. */
export type OptimizerState<P> = Readonly<Record<string, P>>;

/** The state before the first step. */
export function initOptimizer<P extends Tree<NdArray>>(
  optimizer: Optimizer,
  parameters: P,
): OptimizerState<P> {
  const filled = (initial: number) =>
    leaves<NdArray>(parameters).map(({ shape, size }) =>
      NdArray.of('float32', shape, new Float32Array(size).fill(initial)),
    );
  return Object.fromEntries(
    optimizer.slots.map(({ name, initial }) => [name, nestAs(parameters, filled(initial))]),
  );
}

/**
 * One step, traced.
 * @param hyper the scalars of `optimizer.hyperparameters(step, learningRate)`, as inputs of the graph
 */
export function applyOptimizer<P extends Tree<Tensor>>(
  optimizer: Optimizer,
  gradients: P,
  parameters: P,
  state: OptimizerState<P>,
  hyper: Readonly<Record<string, Tensor>>,
): { parameters: P; state: OptimizerState<P> } {
  const [values, slopes] = [leaves<Tensor>(parameters), leaves<Tensor>(gradients)];
  const slots = optimizer.slots.map(({ name }) => leaves<Tensor>(state[name]!));
  const updated = values.map((parameter, i) =>
    optimizer.update({ parameter, gradient: slopes[i]!, slots: slots.map((slot) => slot[i]!), hyper }),
  );
  return {
    parameters: nestAs(
      parameters,
      updated.map(({ parameter }) => parameter),
    ),
    state: Object.fromEntries(
      optimizer.slots.map(({ name }, position) => [
        name,
        nestAs(
          parameters,
          updated.map((step) => step.slots[position]!),
        ),
      ]),
    ),
  };
}

function nestAs<P>(tree: P, list: readonly unknown[]): P {
  return unflatten(tree as Tree<unknown>, list) as P;
}
