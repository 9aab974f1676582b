import type { Tensor } from '../graph/tensor.js';
import {
  add,
  div,
  exp,
  gelu,
  logSoftmax,
  maximum,
  mul,
  neg,
  relu,
  sigmoid,
  softmax,
  softplus,
  sub,
  tanh,
  where,
} from '../primitives/index.js';

interface Slope {
  /** The factor for negative inputs. Default: 0.01. */
  readonly slope?: number;
}
interface Alpha {
  /** The largest distance below zero. Default: 1. */
  readonly alpha?: number;
}
interface Axis {
  /** The axis that adds up to 1. Default: the last one, or axis 1 (the channels) where there are more than three. */
  readonly axis?: number;
}

const classAxis = (x: Tensor): number => (x.rank > 3 ? 1 : -1);
/** exp(x) - 1 for x below zero, 0 above: its argument never overflows. */
const expBelowZero = (x: Tensor): Tensor => sub(exp(neg(relu(neg(x)))), 1);
const hardSigmoid = (x: Tensor): Tensor => maximum(add(div(x, 6), 0.5), 0).minimum(1);
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** Every activation by the name that configurations use. */
export const activations = {
  /** x */
  linear: (x: Tensor): Tensor => x,
  /** max(x, 0) */
  relu,
  /** min(max(x, 0), 6) */
  relu6: (x: Tensor): Tensor => relu(x).minimum(6),
  /** x, or slope x where x < 0 */
  leakyRelu: (x: Tensor, { slope = 0.01 }: Slope = {}): Tensor => where(x.greater(0), x, mul(x, slope)),
  /** x, or alpha (exp(x) - 1) where x < 0 (Clevert et al., 2016) */
  elu: (x: Tensor, { alpha = 1 }: Alpha = {}): Tensor => where(x.greater(0), x, mul(expBelowZero(x), alpha)),
  /** elu with the scale and alpha that keep mean 0 and variance 1 (Klambauer et al., 2017) */
  selu: (x: Tensor): Tensor => mul(where(x.greater(0), x, mul(expBelowZero(x), seluAlpha)), seluScale),
  /** x Φ(x), with the normal distribution's own cumulative function (Hendrycks and Gimpel, 2016) */
  gelu,
  /** 0.5 x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))), close to gelu and used by GPT-2 */
  geluTanh: (x: Tensor): Tensor => {
    const inner = mul(mul(x, add(mul(mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1));
  },
  /** x sigmoid(x), also called swish (Elfwing et al., 2018) */
  silu: (x: Tensor): Tensor => mul(x, sigmoid(x)),
  /** x tanh(log(1 + exp(x))) (Misra, 2019) */
  mish: (x: Tensor): Tensor => mul(x, tanh(softplus(x))),
  /** 1 / (1 + exp(-x)) */
  sigmoid,
  /** x / 6 + 1/2, between 0 and 1 */
  hardSigmoid,
  /** x hardSigmoid(x) (Howard et al., 2019) */
  hardSwish: (x: Tensor): Tensor => mul(x, hardSigmoid(x)),
  /** tanh(x) */
  tanh,
  /** log(1 + exp(x)) */
  softplus,
  /** x / (1 + |x|) */
  softsign: (x: Tensor): Tensor => div(x, add(x.abs(), 1)),
  /** exp(x) */
  exponential: exp,
  /** exp(x) / sum(exp(x)) along an axis */
  softmax: (x: Tensor, { axis = classAxis(x) }: Axis = {}): Tensor => softmax(x, axis),
  /** log(softmax(x)) */
  logSoftmax: (x: Tensor, { axis = classAxis(x) }: Axis = {}): Tensor => logSoftmax(x, axis),
} as const satisfies Record<string, (x: Tensor, options: never) => Tensor>;

type Activations = typeof activations;

export type ActivationName = keyof Activations;

/** An activation by name, with options where it has some: `'relu'`, `{ name: 'leakyRelu', slope: 0.2 }`. */
export type Activation =
  | ActivationName
  | { [Name in ActivationName]: { readonly name: Name } & OptionsOf<Name> }[ActivationName];

type OptionsOf<Name extends ActivationName> =
  Parameters<Activations[Name]> extends [Tensor, (infer Options)?] ? Options : unknown;

/** Applies an activation by name; none means the value itself. @throws TypeError naming those there are */
export function activate(x: Tensor, activation: Activation | undefined): Tensor {
  if (activation === undefined) return x;
  checkActivation('activation', activation);
  const { name, ...options } = typeof activation === 'string' ? { name: activation } : activation;
  return (activations[name] as (x: Tensor, options: object) => Tensor)(x, options);
}

/** @throws TypeError unless there is an activation of this name */
export function checkActivation(who: string, activation: Activation | undefined): void {
  if (activation === undefined) return;
  const name = typeof activation === 'string' ? activation : activation.name;
  if (Object.hasOwn(activations, name)) return;
  throw new TypeError(
    `${who}: there is no activation '${name}'. Known: ${Object.keys(activations).join(', ')}.`,
  );
}
