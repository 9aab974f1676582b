// Many values in, fewer out.
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeSize,
} from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { div, equal, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { constant } from './constant.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { sqrt } from './elementwise.js';
import { reduceAxes } from './reference.js';
import { broadcastTo, reshape } from './shaping.js';

type Reduction = { axes: readonly number[]; keepDimensions: boolean };

const reducedShape = (shape: Shape, { axes, keepDimensions }: Reduction): Shape =>
  keepDimensions
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));

/** The shape with 1 where an axis was reduced: what broadcasts back to the input. */
const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  reducedShape(shape, { axes, keepDimensions: true });

/** The sum over some axes. Over no elements it is 0. */
export const sumPrimitive = definePrimitive<Reduction>({
  name: 'sum',
  infer([x], attributes) {
    requireDtype('sum', x!, (dtype) => isFloat(dtype) || isInteger(dtype), 'numbers (cast booleans first)');
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attributes) }];
  },
  gradient: ({ inputs: [x], gradients: [g], attributes }) => [
    broadcastTo(reshape(g!, keptShape(x!.shape, attributes.axes)), x!.shape),
  ],
  lower: (to, [x], { attributes: { axes, keepDimensions } }) => [
    to.emit('ReduceSum', [x!, to.integers(axes)], {
      keepdims: Number(keepDimensions),
      noop_with_empty_axes: 1,
    }),
  ],
  evaluate: ([x], { axes }) => [reduceAxes(x!, axes, 0, (total, value) => total + value)],
  samples: () => [
    { inputs: [spread([2, 3, 2])], attributes: { axes: [0, 1, 2], keepDimensions: false } },
    { inputs: [spread([2, 3, 2])], attributes: { axes: [1], keepDimensions: true } },
    { inputs: [spread([2, 1, 3])], attributes: { axes: [0, 2], keepDimensions: false } },
    { inputs: [spread([0, 3])], attributes: { axes: [0], keepDimensions: false } },
    {
      inputs: [
        NdArray.from(
          [
            [1, 2],
            [3, 4],
          ],
          'int32',
        ),
      ],
      attributes: { axes: [1], keepDimensions: false },
    },
  ],
});

/** The largest value over some axes; at ties the gradient is shared equally. */
export const maxPrimitive = definePrimitive<Reduction>({
  name: 'max',
  infer([x], attributes) {
    requireDtype('max', x!, (dtype) => isFloat(dtype) || isInteger(dtype), 'numbers');
    if (attributes.axes.some((axis) => x!.shape[axis] === 0)) {
      throw new TypeError(`max: ${formatShape(x!.shape)} has no elements to take the largest of.`);
    }
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attributes) }];
  },
  gradient({ inputs: [x], outputs: [y], gradients: [g], attributes: { axes } }) {
    const kept = keptShape(x!.shape, axes);
    const isLargest = cast(equal(x!, reshape(y!, kept)), x!.dtype);
    const ties = sum(isLargest, axes, true);
    return [mul(isLargest, div(reshape(g!, kept), ties))];
  },
  lower: (to, [x], { attributes: { axes, keepDimensions } }) => [
    to.emit('ReduceMax', [x!, to.integers(axes)], {
      keepdims: Number(keepDimensions),
      noop_with_empty_axes: 1,
    }),
  ],
  evaluate: ([x], { axes }) => [reduceAxes(x!, axes, Number.NEGATIVE_INFINITY, Math.max)],
  samples: () => [
    { inputs: [spread([2, 3, 2])], attributes: { axes: [1], keepDimensions: false } },
    { inputs: [spread([2, 3])], attributes: { axes: [0, 1], keepDimensions: true } },
    {
      inputs: [NdArray.from([[1, 1, 0]])],
      attributes: { axes: [1], keepDimensions: false },
      noGradient: 'a kink at the tie',
    },
  ],
});

/** The position of the largest value along an axis, the first one at ties, as int32. */
export const argMaxPrimitive = definePrimitive<{ axis: number }>({
  name: 'argMax',
  infer: ([x], { axis }) => [{ dtype: 'int32', shape: x!.shape.filter((_, position) => position !== axis) }],
  gradient: () => [undefined],
  lower: (to, [x], { attributes: { axis } }) => [
    to.emit('Cast', [to.emit('ArgMax', [x!], { axis, keepdims: 0 })], { to: onnxDataType('int32') }),
  ],
  evaluate([x], { axis }) {
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const length = x!.shape[axis]!;
    const outer = sizeOf(x!.shape.slice(0, axis));
    const result = new Float64Array(outer * inner);
    for (let position = 0; position < result.length; position++) {
      const start = Math.floor(position / inner) * length * inner + (position % inner);
      let best = 0;
      for (let k = 1; k < length; k++)
        if (x!.data[start + k * inner]! > x!.data[start + best * inner]!) best = k;
      result[position] = best;
    }
    return [result];
  },
  samples: () => [
    { inputs: [spread([2, 3, 4])], attributes: { axis: 1 } },
    {
      inputs: [
        NdArray.from([
          [2, 5, 5],
          [1, 1, 0],
        ]),
      ],
      attributes: { axis: 1 },
    },
  ],
});

type Axes = number | readonly number[];

/** The sum of `x` over `axes` (all when left out). */
export function sum(x: Tensor, axes?: Axes, keepDimensions = false): Tensor {
  return apply1(sumPrimitive, [x], { axes: normalizeAxes(axes, x.rank, 'sum'), keepDimensions });
}

/** The largest value of `x` over `axes` (all when left out). */
export function max(x: Tensor, axes?: Axes, keepDimensions = false): Tensor {
  return apply1(maxPrimitive, [x], { axes: normalizeAxes(axes, x.rank, 'max'), keepDimensions });
}

/** The position of the largest value along `axis`. */
export function argMax(x: Tensor, axis = -1): Tensor {
  return apply1(argMaxPrimitive, [x], { axis: normalizeAxis(axis, x.rank, 'argMax') });
}

/** The mean of `x` over `axes` (all when left out). */
export function mean(x: Tensor, axes?: Axes, keepDimensions = false): Tensor {
  const count = shapeSize(normalizeAxes(axes, x.rank, 'mean').map((axis) => x.shape[axis]!));
  const total = sum(x, axes, keepDimensions);
  if (typeof count === 'number') return mul(total, 1 / count);
  const ones = mul(x, 0);
  return div(total, sum(cast(equal(ones, ones), x.dtype), axes, keepDimensions));
}

/** The mean of the squared distances from the mean over `axes` (the biased variance). */
export function variance(x: Tensor, axes?: Axes, keepDimensions = false): Tensor {
  const distance = sub(x, mean(x, axes, true));
  return mean(mul(distance, distance), axes, keepDimensions);
}

/** The Euclidean length over `axes`. */
export function norm(x: Tensor, axes?: Axes, keepDimensions = false): Tensor {
  return sqrt(sum(mul(x, x), axes, keepDimensions));
}

/** Undoes broadcasting: sums `x` over the axes along which `shape` was stretched to become the shape of `x`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  broadcastShapes(x.shape, shape, 'sumTo');
  const offset = x.rank - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    axis < offset || (shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
  return reshape(sum(x, axes, true), shape);
}

/** A one-dimensional tensor 0, 1, ..., length - 1. */
export function range(length: number, dtype: 'float32' | 'int32' | 'int64' = 'int32'): Tensor {
  return constant(
    NdArray.of(
      dtype,
      [length],
      Array.from({ length }, (_, position) => position),
    ),
  );
}
