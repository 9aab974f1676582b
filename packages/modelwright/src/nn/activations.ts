import type { Tensor } from '../graph/tensor.js';
import { add, div, erf, exp, log, logSoftmax, maximum, mul, neg, relu, sigmoid, softmax, softplus, sub, tanh, where } from '../primitives/index.js';

const identity = (x: Tensor): Tensor => x;
const leakyRelu = (x: Tensor): Tensor => where(x.greater(0), x, mul(x, 0.01));
const elu = (x: Tensor): Tensor => where(x.greater(0), x, sub(exp(neg(relu(neg(x)))), 1));
const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

/** x Φ(x), with the normal distribution's own cumulative function (Hendrycks and Gimpel, 2016). */
const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(div(x, Math.SQRT2)), 1));

/** Every activation by the name that configurations use. Softmax runs over the last axis, or axis 1 of images. */
export const activations = {
  linear: identity,
  relu,
  relu6: (x: Tensor): Tensor => relu(x).minimum(6),
  leakyRelu,
  elu,
  gelu,
  silu,
  sigmoid,
  tanh,
  softplus,
  softsign: (x: Tensor): Tensor => div(x, add(x.abs(), 1)),
  hardSigmoid: (x: Tensor): Tensor => maximum(add(div(x, 6), 0.5), 0).minimum(1),
  softmax: (x: Tensor): Tensor => softmax(x, x.rank > 2 ? 1 : -1),
  logSoftmax: (x: Tensor): Tensor => logSoftmax(x, x.rank > 2 ? 1 : -1),
  exponential: exp,
  log,
} as const satisfies Record<string, (x: Tensor) => Tensor>;

export type Activation = keyof typeof activations;

/** Applies an activation by name; none means the value itself. */
export function activate(x: Tensor, activation: Activation | undefined): Tensor {
  return activation === undefined ? x : activations[activation](x);
}
