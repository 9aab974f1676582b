// Two values in, one out, element by element, with NumPy's broadcasting.
import { NdArray } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import { broadcastShapes } from '../graph/shape.js';
import { apply1, type Primitive, type Sample, type Tensor } from '../graph/tensor.js';
import { cast } from './cast.js';
import { scalar, scalarLike } from './constant.js';
import { definePrimitive, requireSameDtype, sample, spread } from './define.js';
import { log, neg } from './elementwise.js';
import { sumTo } from './reductions.js';
import { broadcastTo, shapeOf } from './reference.js';
import { where } from './where.js';

type None = Record<string, never>;

/** A tensor, or a number that becomes a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

interface Binary {
  readonly name: string;
  readonly operator: string;
  readonly value: (a: number, b: number) => number;
  /** Gradients before they are summed over what was broadcast. */
  readonly gradient?: (
    a: Tensor,
    b: Tensor,
    y: Tensor,
    gradient: Tensor,
  ) => [Tensor | undefined, Tensor | undefined];
  readonly boolean?: boolean;
  readonly onBooleans?: boolean;
  readonly onIntegers?: boolean;
  readonly attributes?: Record<string, number>;
  readonly samples?: readonly Sample<None>[];
}

function binary({
  name,
  operator,
  value,
  gradient,
  boolean,
  onBooleans,
  onIntegers,
  attributes,
  samples,
}: Binary): Primitive<None> {
  return definePrimitive<None>({
    name,
    infer(inputs) {
      const dtype = requireSameDtype(name, inputs);
      if ((dtype === 'bool') !== (onBooleans === true) && name !== 'equal') {
        throw new TypeError(`${name}: expected ${onBooleans ? 'booleans' : 'numbers'}, but got ${dtype}.`);
      }
      if (onIntegers && !isInteger(dtype)) {
        throw new TypeError(`${name}: expected whole numbers, but got ${dtype}.`);
      }
      return [
        { dtype: boolean ? 'bool' : dtype, shape: broadcastShapes(inputs[0]!.shape, inputs[1]!.shape, name) },
      ];
    },
    gradient({ inputs: [a, b], outputs: [y], gradients: [g] }) {
      if (!gradient || !isFloat(a!.dtype)) return [undefined, undefined];
      const [da, db] = gradient(a!, b!, y!, g!);
      return [da && sumTo(da, a!.shape), db && sumTo(db, b!.shape)];
    },
    lower: (to, inputs) => [to.emit(operator, inputs, attributes)],
    evaluate([a, b], _attributes, [type]) {
      const shape = shapeOf(type!);
      const right = broadcastTo(b!, shape);
      return [broadcastTo(a!, shape).map((x, position) => value(x, right[position]!))];
    },
    samples: () => samples ?? numeric,
  });
}

const numeric: readonly Sample<None>[] = [
  sample(spread([2, 3]), spread([2, 3], 0.5, 3, 0.1)),
  sample(spread([2, 1, 3]), spread([4, 1], 0.5, 3)),
  sample(NdArray.from(1.5), spread([3], 0.5, 2)),
  sample(spread([0, 3]), spread([3], 0.5, 2)),
];
const withTies: readonly Sample<None>[] = [
  ...numeric,
  { ...sample(NdArray.from([1, 2, 2]), NdArray.from([2, 2, 1])), noGradient: 'a kink at the tie' },
];
const booleans: readonly Sample<None>[] = [
  sample(
    NdArray.from(
      [
        [true, true],
        [false, false],
      ],
      'bool',
    ),
    NdArray.from([true, false], 'bool'),
  ),
];

export const addPrimitive = binary({
  name: 'add',
  operator: 'Add',
  value: (a, b) => a + b,
  gradient: (_a, _b, _y, g) => [g, g],
});
export const subPrimitive = binary({
  name: 'sub',
  operator: 'Sub',
  value: (a, b) => a - b,
  gradient: (_a, _b, _y, g) => [g, neg(g)],
});
export const mulPrimitive = binary({
  name: 'mul',
  operator: 'Mul',
  value: (a, b) => a * b,
  gradient: (a, b, _y, g) => [mul(g, b), mul(g, a)],
});
export const divPrimitive = binary({
  name: 'div',
  operator: 'Div',
  value: (a, b) => a / b,
  gradient: (_a, b, y, g) => {
    const da = div(g, b);
    return [da, neg(mul(da, y))];
  },
});
/** a to the power of b, for a > 0, or for whole b. */
export const powPrimitive = binary({
  name: 'pow',
  operator: 'Pow',
  value: (a, b) => a ** b,
  gradient: (a, b, y, g) => [mul(g, mul(b, pow(a, sub(b, 1)))), mul(g, mul(y, log(maximum(a, 1e-30))))],
  samples: [
    sample(spread([2, 3], 0.3, 3), spread([3], -1, 2)),
    sample(spread([2, 3], 0.3, 3), NdArray.from(2)),
  ],
});
/** The larger of the two; at a tie the gradient is shared in halves. */
export const maximumPrimitive = binary({
  name: 'maximum',
  operator: 'Max',
  value: Math.max,
  samples: withTies,
  gradient: (a, b, _y, g) => [mul(g, shareOf(a, b)), mul(g, shareOf(b, a))],
});
/** The smaller of the two; at a tie the gradient is shared in halves. */
export const minimumPrimitive = binary({
  name: 'minimum',
  operator: 'Min',
  value: Math.min,
  samples: withTies,
  gradient: (a, b, _y, g) => [mul(g, shareOf(b, a)), mul(g, shareOf(a, b))],
});
/** The remainder of whole numbers, with the sign of the divisor. */
export const modPrimitive = binary({
  name: 'mod',
  onIntegers: true,
  operator: 'Mod',
  value: (a, b) => a - b * Math.floor(a / b),
  samples: [sample(NdArray.from([7, -7, 5, 0], 'int32'), NdArray.from([3, 3, -3, 2], 'int32'))],
});
export const equalPrimitive = binary({
  name: 'equal',
  operator: 'Equal',
  value: (a, b) => Number(a === b),
  boolean: true,
  samples: withTies,
});
export const lessPrimitive = binary({
  name: 'less',
  operator: 'Less',
  value: (a, b) => Number(a < b),
  boolean: true,
  samples: withTies,
});
export const greaterPrimitive = binary({
  name: 'greater',
  operator: 'Greater',
  value: (a, b) => Number(a > b),
  boolean: true,
  samples: withTies,
});
export const andPrimitive = binary({
  name: 'and',
  operator: 'And',
  value: (a, b) => a && b,
  boolean: true,
  onBooleans: true,
  samples: booleans,
});
export const orPrimitive = binary({
  name: 'or',
  operator: 'Or',
  value: (a, b) => a || b,
  boolean: true,
  onBooleans: true,
  samples: booleans,
});

/** not a. */
export const notPrimitive = definePrimitive<None>({
  name: 'not',
  infer: ([x]) => {
    if (x!.dtype !== 'bool') throw new TypeError(`not: expected booleans, but got ${x!.dtype}.`);
    return [{ dtype: 'bool', shape: x!.shape }];
  },
  gradient: () => [undefined],
  lower: (to, inputs) => [to.emit('Not', inputs)],
  evaluate: ([x]) => [x!.data.map((value) => 1 - value)],
  samples: () => [sample(NdArray.from([true, false], 'bool'))],
});

/** 1 where a > b, 0 where a < b, 0.5 at a tie. */
function shareOf(a: Tensor, b: Tensor): Tensor {
  const half = where(equal(a, b), scalarLike(a, 0.5), scalarLike(a, 0));
  return where(greater(a, b), scalarLike(a, 1), half);
}

function operands(a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a === 'number')
    return typeof b === 'number' ? [scalar(a, 'float32'), scalar(b, 'float32')] : [scalarLike(b, a), b];
  return [a, typeof b === 'number' ? scalarLike(a, b) : b];
}

const operation =
  (primitive: Primitive<None>) =>
  (a: Operand, b: Operand): Tensor =>
    apply1(primitive, operands(a, b), {});

export const add = operation(addPrimitive);
export const sub = operation(subPrimitive);
export const mul = operation(mulPrimitive);
export const div = operation(divPrimitive);
export const pow = operation(powPrimitive);
export const maximum = operation(maximumPrimitive);
export const minimum = operation(minimumPrimitive);
export const mod = operation(modPrimitive);
export const equal = operation(equalPrimitive);
export const less = operation(lessPrimitive);
export const greater = operation(greaterPrimitive);
export const and = operation(andPrimitive);
export const or = operation(orPrimitive);
export const not = (a: Tensor): Tensor => apply1(notPrimitive, [a], {});
export const lessEqual = (a: Operand, b: Operand): Tensor => not(greater(a, b));
export const greaterEqual = (a: Operand, b: Operand): Tensor => not(less(a, b));
export const square = (a: Tensor): Tensor => mul(a, a);
/** `a` held between `low` and `high`. */
export const clip = (a: Tensor, low: Operand, high: Operand): Tensor => minimum(maximum(a, low), high);
/** 1 where the condition holds, 0 elsewhere, as floats. */
export const indicator = (condition: Tensor): Tensor => cast(condition, 'float32');
