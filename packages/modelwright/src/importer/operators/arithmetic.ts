// Two values in or more, element by element; on sizes of open dimensions too.

import { isFloat } from '../../graph/dtype.js';
import { type Dimension, divideDimensions, isStatic, shapeSize } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  and,
  cast,
  div,
  equal,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  not,
  or,
  pow,
  sign,
  sqrt,
  sub,
  where,
} from '../../primitives/index.js';
import { type Converter, type NodeCall, operators } from '../nodeCall.js';
import { fromSizes, knownArray, knownSizes, Sizes, type Value } from '../values.js';

type SizeRule = (a: Dimension, b: Dimension) => Dimension | undefined;

const isOne = (size: Dimension): boolean => size === 1;
const product: SizeRule = (a, b) => shapeSize([a, b]);
const difference: SizeRule = (a, b) => (b === 0 ? a : a === b ? 0 : undefined);
const total: SizeRule = (a, b) => (a === 0 ? b : b === 0 ? a : undefined);
const quotient: SizeRule = (a, b) => (isOne(b) ? a : divideDimensions(a, b));

/** The sizes that two lists of sizes make, one by one; undefined where one cannot be said. */
function onSizes(a: Value, b: Value, rule: SizeRule): Value | undefined {
  const [left, right] = [knownSizes(a), knownSizes(b)];
  if (!left || !right) return undefined;
  const length = Math.max(left.length, right.length);
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) return undefined;
  const sizes = Array.from({ length }, (_, i) => rule(left[i % left.length]!, right[i % right.length]!));
  if (!sizes.every((size) => size !== undefined)) return undefined;
  const scalar = [a, b].every((value) => (value instanceof Sizes ? value.scalar : value.rank === 0));
  return fromSizes(sizes, scalar);
}

/** An operation on tensors that also knows what it makes of sizes. */
const binary =
  (fn: (a: Tensor, b: Tensor) => Tensor, rule?: SizeRule): Converter =>
  (call) => {
    const [a, b] = [call.value(0), call.value(1)];
    const open = a instanceof Sizes || b instanceof Sizes;
    return (open && rule && onSizes(a, b, rule)) || fn(call.tensor(0), call.tensor(1));
  };

/** Whether sizes equal numbers: an open dimension equals itself, and no number below zero. */
function equals(call: NodeCall): Value {
  const [a, b] = [call.value(0), call.value(1)];
  if (a instanceof Sizes || b instanceof Sizes) {
    const same = onSizes(a, b, (x, y) => {
      if (x === y) return 1;
      if (isStatic([x, y])) return 0;
      return [x, y].some((size) => typeof size === 'number' && size < 0) ? 0 : undefined;
    });
    if (same && !(same instanceof Sizes)) return cast(same, 'bool');
  }
  return equal(call.tensor(0), call.tensor(1));
}

const variadic =
  (fn: (a: Tensor, b: Tensor) => Tensor): Converter =>
  (call) =>
    call.tensors().reduce(fn);

/** Powers as exporters write them: of a base that may be negative, with whole exponents. */
function power(call: NodeCall): Tensor {
  const [x, exponent] = [call.tensor(0), call.tensor(1)];
  const known = knownArray(exponent);
  const only = known?.size === 1 ? known.item() : undefined;
  if (isFloat(x.dtype) && exponent.rank <= x.rank) {
    if (only === 1) return x;
    if (only === 2) return mul(x, x);
    if (only === 3) return mul(mul(x, x), x);
    if (only === 0.5) return sqrt(x);
  }
  if (isFloat(x.dtype)) return pow(x, cast(exponent, x.dtype));
  return cast(pow(cast(x, 'float64'), cast(exponent, 'float64')), x.dtype);
}

/** fmod has the sign of the dividend, mod that of the divisor. */
function remainder(call: NodeCall): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  const asDividend = call.integer('fmod', 0) !== 0;
  if (isFloat(a.dtype)) {
    if (!asDividend) return sub(a, mul(b, floor(div(a, b))));
    const whole = mul(floor(abs(div(a, b))), sign(div(a, b)));
    return sub(a, mul(b, whole));
  }
  if (!asDividend || a.dtype.startsWith('u')) return mod(a, b);
  const size = mod(abs(a), abs(b));
  return where(less(a, 0), neg(size), size);
}

function choose(call: NodeCall): Value {
  const [chosen, a, b] = [call.value(0), call.value(1), call.value(2)];
  if (a instanceof Sizes || b instanceof Sizes) {
    const [flags, left, right] = [knownSizes(chosen), knownSizes(a), knownSizes(b)];
    if (flags && left && right) {
      const length = Math.max(flags.length, left.length, right.length);
      const at = (list: readonly Dimension[], i: number): Dimension => list[i % list.length]!;
      const sizes = Array.from({ length }, (_, i) => at(at(flags, i) ? left : right, i));
      return fromSizes(
        sizes,
        [chosen, a, b].every((value) => (value instanceof Sizes ? value.scalar : value.rank === 0)),
      );
    }
  }
  return where(call.tensor(0), call.tensor(1), call.tensor(2));
}

export const arithmeticOperators = operators({
  Add: binary(add, total),
  And: binary(and),
  Div: binary(div, quotient),
  Equal: equals,
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Max: variadic(maximum),
  Mean: (call) => div(call.tensors().reduce(add), call.inputs.length),
  Min: variadic(minimum),
  Mod: remainder,
  Mul: binary(mul, product),
  Or: binary(or),
  Pow: power,
  Sub: binary(sub, difference),
  Sum: variadic(add),
  Where: choose,
  Xor: binary((a, b) => not(equal(a, b))),
});
