// One value in, one value out, element by element.
import { isFloat } from '../../graph/dtype.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  and,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  gelu,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  or,
  relu,
  reshape,
  round,
  scalarLike,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  sub,
  tanh,
  where,
} from '../../primitives/index.js';
import { type Converter, type NodeCall, operators } from '../nodeCall.js';

const unary =
  (fn: (x: Tensor) => Tensor): Converter =>
  (call) =>
    fn(call.tensor(0));

/** max(x, 0) + min(slope x, 0), slope > 0 or not. */
const leaky = (x: Tensor, slope: Tensor | number): Tensor => where(greater(x, 0), x, mul(x, slope));

/** alpha (exp(x) - 1) below zero. The exponent is kept from overflowing where it does not count. */
const elu = (x: Tensor, alpha: number): Tensor =>
  where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), alpha));

const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor => clip(add(mul(x, alpha), beta), 0, 1);

/** x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))). */
function geluByTanh(x: Tensor): Tensor {
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

const largest: Readonly<Record<string, number>> = {
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

function isInfinite(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const limit = largest[x.dtype] ?? 0;
  const [up, down] = [greater(x, limit), greater(neg(x), limit)];
  const [wantsUp, wantsDown] = [
    call.integer('detect_positive', 1) !== 0,
    call.integer('detect_negative', 1) !== 0,
  ];
  if (wantsUp && wantsDown) return or(up, down);
  if (wantsUp || wantsDown) return wantsUp ? up : down;
  return and(up, down);
}

function clipped(call: NodeCall): Tensor {
  const x = call.tensor(0);
  let y = x;
  if (call.version < 11) {
    if (call.hasAttribute('min')) y = maximum(y, call.float('min'));
    return call.hasAttribute('max') ? minimum(y, call.float('max')) : y;
  }
  const [low, high] = [call.optional(1), call.optional(2)];
  if (low) y = maximum(y, low);
  return high ? minimum(y, high) : y;
}

/** The slope has the shape of the channels, or one that broadcasts. */
function prelu(call: NodeCall): Tensor {
  const [x, slope] = [call.tensor(0), call.tensor(1)];
  const perChannel = slope.rank === 1 && x.rank > 2 && slope.shape[0] === x.shape[1] && slope.shape[0] !== 1;
  return leaky(x, perChannel ? reshape(slope, [slope.shape[0]!, ...x.shape.slice(2).map(() => 1)]) : slope);
}

function shrink(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [bias, lambda] = [call.float('bias', 0), call.float('lambd', 0.5)];
  const below = where(greater(neg(x), lambda), add(x, bias), scalarLike(x, 0));
  return where(greater(x, lambda), sub(x, bias), below);
}

export const activationOperators = operators({
  Abs: unary(abs),
  Acosh: unary((x) => log(add(x, sqrt(sub(mul(x, x), 1))))),
  Asinh: unary((x) => log(add(x, sqrt(add(mul(x, x), 1))))),
  Atanh: unary((x) => mul(log(div(add(x, 1), sub(1, x))), 0.5)),
  Ceil: unary(ceil),
  Celu: (call) => {
    const [x, alpha] = [call.tensor(0), call.float('alpha', 1)];
    return add(relu(x), minimum(mul(sub(exp(div(minimum(x, 0), alpha)), 1), alpha), 0));
  },
  Clip: clipped,
  Cos: unary(cos),
  Cosh: unary((x) => mul(add(exp(x), exp(neg(x))), 0.5)),
  Elu: (call) => elu(call.tensor(0), call.float('alpha', 1)),
  Erf: unary(erf),
  Exp: unary(exp),
  Floor: unary(floor),
  Gelu: (call) =>
    call.text('approximate', 'none') === 'tanh' ? geluByTanh(call.tensor(0)) : gelu(call.tensor(0)),
  HardSigmoid: (call) => hardSigmoid(call.tensor(0), call.float('alpha', 0.2), call.float('beta', 0.5)),
  HardSwish: unary((x) => mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  IsInf: isInfinite,
  IsNaN: unary((x) => not(equal(x, x))),
  LeakyRelu: (call) => leaky(call.tensor(0), call.float('alpha', 0.01)),
  Log: unary(log),
  Mish: unary((x) => mul(x, tanh(softplus(x)))),
  Neg: unary(neg),
  Not: unary(not),
  PRelu: prelu,
  Reciprocal: unary((x) => div(1, x)),
  Relu: unary((x) => (isFloat(x.dtype) ? relu(x) : maximum(x, 0))),
  Round: unary(round),
  Selu: (call) => {
    const [alpha, gamma] = [call.float('alpha', 1.6732632423543772), call.float('gamma', 1.0507009873554805)];
    return mul(elu(call.tensor(0), alpha), gamma);
  },
  Shrink: shrink,
  Sigmoid: unary(sigmoid),
  Sign: unary((x) => (isFloat(x.dtype) ? sign(x) : cast(sign(cast(x, 'float64')), x.dtype))),
  Sin: unary(sin),
  Sinh: unary((x) => mul(sub(exp(x), exp(neg(x))), 0.5)),
  Softplus: unary(softplus),
  Softsign: unary((x) => div(x, add(abs(x), 1))),
  Sqrt: unary(sqrt),
  Swish: (call) => {
    const x = call.tensor(0);
    return mul(x, sigmoid(mul(x, call.float('alpha', 1))));
  },
  Tan: unary((x) => div(sin(x), cos(x))),
  Tanh: unary(tanh),
  ThresholdedRelu: (call) => {
    const x = call.tensor(0);
    return where(greater(x, call.float('alpha', 1)), x, scalarLike(x, 0));
  },
});
