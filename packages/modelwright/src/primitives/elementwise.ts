// One value in, one value out, element by element.
import { NdArray } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import { apply1, type Lowering, type Primitive, type Sample, type Tensor } from '../graph/tensor.js';
import { add, div, mul, sub } from './arithmetic.js';
import { definePrimitive, requireDtype, sample, spread } from './define.js';

type None = Record<string, never>;

interface Elementwise {
  readonly name: string;
  /** The ONNX operator, where one node is enough. */
  readonly operator: string | ((to: Lowering, x: string) => string);
  readonly value: (x: number) => number;
  /** d/dx, from the input, the output and the output's gradient. Undefined where it is zero everywhere. */
  readonly derivative?: (x: Tensor, y: Tensor, gradient: Tensor) => Tensor;
  readonly integers?: boolean;
  readonly samples?: readonly Sample<None>[];
}

function elementwise({ name, operator, value, derivative, integers, samples }: Elementwise): Primitive<None> {
  return definePrimitive<None>({
    name,
    infer([x]) {
      requireDtype(
        name,
        x!,
        (dtype) => isFloat(dtype) || (integers === true && isInteger(dtype)),
        integers ? 'numbers' : 'floats',
      );
      return [{ dtype: x!.dtype, shape: x!.shape }];
    },
    gradient({ inputs, outputs, gradients }) {
      return [derivative?.(inputs[0]!, outputs[0]!, gradients[0]!)];
    },
    lower: (to, [x]) => [typeof operator === 'string' ? to.emit(operator, [x!]) : operator(to, x!)],
    evaluate: ([x]) => [x!.data.map(value)],
    samples: () => samples ?? [sample(spread([2, 3])), sample(NdArray.from(0.5)), sample(spread([0, 2]))],
  });
}

const kinkAtZero = [
  sample(spread([2, 3])),
  { ...sample(NdArray.from([-1, 0, 1])), noGradient: 'a kink at zero' },
] as const;
const positive = [sample(spread([2, 3], 0.2, 3)), sample(NdArray.from([1]))];
const betweenIntegers = [
  sample(NdArray.from([-1.6, -0.4, 0.3, 1.7])),
  { ...sample(NdArray.from([-1, 0, 2])), noGradient: 'a jump' },
];

export const negPrimitive = elementwise({
  name: 'neg',
  operator: 'Neg',
  value: (x) => -x,
  integers: true,
  derivative: (_x, _y, gradient) => neg(gradient),
});
export const absPrimitive = elementwise({
  name: 'abs',
  operator: 'Abs',
  value: Math.abs,
  integers: true,
  samples: kinkAtZero,
  derivative: (x, _y, gradient) => mul(gradient, sign(x)),
});
export const signPrimitive = elementwise({
  name: 'sign',
  operator: 'Sign',
  value: Math.sign,
  samples: kinkAtZero,
});
export const expPrimitive = elementwise({
  name: 'exp',
  operator: 'Exp',
  value: Math.exp,
  derivative: (_x, y, gradient) => mul(gradient, y),
});
export const logPrimitive = elementwise({
  name: 'log',
  operator: 'Log',
  value: Math.log,
  samples: positive,
  derivative: (x, _y, gradient) => div(gradient, x),
});
export const sqrtPrimitive = elementwise({
  name: 'sqrt',
  operator: 'Sqrt',
  value: Math.sqrt,
  samples: positive,
  derivative: (_x, y, gradient) => div(mul(gradient, 0.5), y),
});
export const sinPrimitive = elementwise({
  name: 'sin',
  operator: 'Sin',
  value: Math.sin,
  derivative: (x, _y, gradient) => mul(gradient, cos(x)),
});
export const cosPrimitive = elementwise({
  name: 'cos',
  operator: 'Cos',
  value: Math.cos,
  derivative: (x, _y, gradient) => neg(mul(gradient, sin(x))),
});
export const tanhPrimitive = elementwise({
  name: 'tanh',
  operator: 'Tanh',
  value: Math.tanh,
  derivative: (_x, y, gradient) => mul(gradient, sub(1, mul(y, y))),
});
export const sigmoidPrimitive = elementwise({
  name: 'sigmoid',
  operator: 'Sigmoid',
  value: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  derivative: (_x, y, gradient) => mul(gradient, mul(y, sub(1, y))),
});
export const erfPrimitive = elementwise({
  name: 'erf',
  operator: 'Erf',
  value: erfValue,
  derivative: (x, _y, gradient) => mul(mul(gradient, exp(neg(mul(x, x)))), 2 / Math.sqrt(Math.PI)),
});
/** 1 where x > 0, 0 elsewhere. Below 1e-37 a number counts as 0. */
export const stepPrimitive = elementwise({
  name: 'step',
  // One vectorised pass, where Greater and Cast are two slow ones.
  operator: (to, x) => to.emit('HardSigmoid', [x], { alpha: { float: 3e38 }, beta: { float: 0 } }),
  value: (x) => (x > 0 ? 1 : 0),
  samples: kinkAtZero.map((s) => ({ ...s, noGradient: 'zero everywhere' })),
});
/** 1 where x = 0, 0 where x < 0; positive values do not occur. For comparing with a maximum. */
export const isZeroPrimitive = elementwise({
  name: 'isZero',
  operator: (to, x) => to.emit('HardSigmoid', [x], { alpha: { float: 3e38 }, beta: { float: 1 } }),
  value: (x) => (x >= 0 ? 1 : 0),
  samples: [
    {
      ...sample(
        NdArray.from([
          [0, -1, -1e-7],
          [-3e38, 0, -2],
        ]),
      ),
      noGradient: 'zero everywhere',
    },
  ],
});
/** max(x, 0). The gradient at 0 is 0, as in PyTorch. */
export const reluPrimitive = elementwise({
  name: 'relu',
  operator: 'Relu',
  value: (x) => Math.max(x, 0),
  samples: kinkAtZero,
  derivative: (_x, y, gradient) => mul(gradient, step(y)),
});
/** log(1 + exp(x)), without overflow. */
export const softplusPrimitive = elementwise({
  name: 'softplus',
  operator: 'Softplus',
  value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  derivative: (x, _y, gradient) => mul(gradient, sigmoid(x)),
});
/** x Φ(x), Φ being the normal distribution's cumulative function. The derivative is Φ(x) + x exp(-x²/2) / sqrt(2π). */
export const geluPrimitive = elementwise({
  name: 'gelu',
  operator: 'Gelu',
  value: (x) => (x / 2) * (1 + erfValue(x / Math.SQRT2)),
  derivative(x, _y, gradient) {
    const z = mul(x, Math.SQRT1_2);
    // z exp(-z²) / sqrt(π), the constant inside the exponential.
    const density = mul(z, exp(sub(-Math.log(Math.PI) / 2, mul(z, z))));
    return mul(gradient, add(erfShare(z), density));
  },
  samples: [sample(spread([2, 3], -4, 4)), sample(NdArray.from([-30, -1, 0, 1, 30])), sample(spread([0, 2]))],
});
/** (1 + erf(x)) / 2. */
export const erfSharePrimitive = elementwise({
  name: 'erfShare',
  // HardSigmoid is one pass, where a sum and a product would be two; erf never leaves the range in which it is straight.
  operator: (to, x) =>
    to.emit('HardSigmoid', [to.emit('Erf', [x])], { alpha: { float: 0.5 }, beta: { float: 0.5 } }),
  value: (x) => (1 + erfValue(x)) / 2,
  derivative: (x, _y, gradient) => mul(mul(gradient, exp(neg(mul(x, x)))), 1 / Math.sqrt(Math.PI)),
});
export const floorPrimitive = elementwise({
  name: 'floor',
  operator: 'Floor',
  value: Math.floor,
  samples: betweenIntegers,
});
export const ceilPrimitive = elementwise({
  name: 'ceil',
  operator: 'Ceil',
  value: Math.ceil,
  samples: betweenIntegers,
});
/** To the nearest whole number; halves go to the even one. */
export const roundPrimitive = elementwise({
  name: 'round',
  operator: 'Round',
  value: roundHalfEven,
  samples: [...betweenIntegers, { ...sample(NdArray.from([0.5, 1.5, 2.5, -0.5])), noGradient: 'a jump' }],
});

/** The same value, through which no gradient flows. */
export const stopGradientPrimitive = definePrimitive<None>({
  name: 'stopGradient',
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: () => [undefined],
  lower: (_to, inputs) => inputs,
  evaluate: ([x]) => [x!.data.slice()],
  samples: () => [{ ...sample(spread([3])), noGradient: 'it has none by definition' }],
});

const unary =
  (primitive: Primitive<None>) =>
  (x: Tensor): Tensor =>
    apply1(primitive, [x], {});

export const neg = unary(negPrimitive);
export const abs = unary(absPrimitive);
export const sign = unary(signPrimitive);
export const exp = unary(expPrimitive);
export const log = unary(logPrimitive);
export const sqrt = unary(sqrtPrimitive);
export const sin = unary(sinPrimitive);
export const cos = unary(cosPrimitive);
export const tanh = unary(tanhPrimitive);
export const sigmoid = unary(sigmoidPrimitive);
export const erf = unary(erfPrimitive);
export const relu = unary(reluPrimitive);
export const step = unary(stepPrimitive);
export const isZero = unary(isZeroPrimitive);
export const softplus = unary(softplusPrimitive);
export const gelu = unary(geluPrimitive);
export const erfShare = unary(erfSharePrimitive);
export const floor = unary(floorPrimitive);
export const ceil = unary(ceilPrimitive);
export const round = unary(roundPrimitive);
export const stopGradient = unary(stopGradientPrimitive);

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** erf by its Taylor series near zero and the continued fraction of erfc further out (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erfValue(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; n < 80; n++) {
      term *= -(size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let k = 80; k > 0; k--) fraction = k / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}
