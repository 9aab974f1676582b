// The same values in another arrangement.
import { NdArray, sizeOf } from '../graph/array.js';
import {
  type Dimension,
  divideDimensions,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeSize,
  stridesOf,
} from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { definePrimitive, requireSameDtype, spread } from './define.js';
import { sumTo } from './reductions.js';
import { broadcastTo as broadcastValue, forEachOffset, shapeOf } from './reference.js';

const onesIn = (shape: Shape): number[] => shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
const withoutOnes = (shape: Shape): Shape => shape.filter((size) => size !== 1);

/** The same elements in row-major order, in another shape of equal size. */
export const reshapePrimitive = definePrimitive<{ shape: Shape }>({
  name: 'reshape',
  infer([x], { shape }) {
    if (shapeSize(x!.shape) !== shapeSize(shape)) {
      throw new TypeError(
        `reshape: ${formatShape(x!.shape)} has ${shapeSize(x!.shape)} elements, but ${formatShape(shape)} has ${shapeSize(shape)}.`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs: [x], gradients: [g] }) => [reshape(g!, x!.shape)],
  lower(to, [x], { inputs: [tensor], attributes: { shape } }) {
    const open = shape.map((size, axis) => {
      if (typeof size === 'number') return size;
      return tensor!.shape[axis] === size ? 0 : -1;
    });
    if (open.filter((size) => size === -1).length > 1) {
      const [ones, newOnes] = [onesIn(tensor!.shape), onesIn(shape)];
      if (sameShape(withoutOnes(tensor!.shape), withoutOnes(shape))) {
        return [to.emit('Unsqueeze', [to.emit('Squeeze', [x!, to.integers(ones)]), to.integers(newOnes)])];
      }
      throw new TypeError(
        `reshape: ${formatShape(tensor!.shape)} to ${formatShape(shape)} moves more than one open dimension. Keep open dimensions in place.`,
      );
    }
    const empty = shape.includes(0);
    return [to.emit('Reshape', [x!, to.integers(open)], empty ? { allowzero: 1 } : {})];
  },
  evaluate: ([x]) => [x!.data.slice()],
  samples: () => [
    { inputs: [spread([2, 6])], attributes: { shape: [3, 4] } },
    { inputs: [spread([4])], attributes: { shape: [2, 1, 2] } },
    { inputs: [spread([1])], attributes: { shape: [] } },
    { inputs: [spread([0, 3])], attributes: { shape: [3, 0] } },
  ],
});

/** The axes in another order. */
export const transposePrimitive = definePrimitive<{ order: readonly number[] }>({
  name: 'transpose',
  infer: ([x], { order }) => [{ dtype: x!.dtype, shape: order.map((axis) => x!.shape[axis]!) }],
  gradient: ({ gradients: [g], attributes: { order } }) => [
    transpose(
      g!,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  lower: (to, [x], { attributes: { order } }) => [to.emit('Transpose', [x!], { perm: order })],
  evaluate([x], { order }, [type]) {
    const strides = stridesOf(x!.shape);
    const result = new Float64Array(x!.data.length);
    forEachOffset(
      shapeOf(type!),
      order.map((axis) => strides[axis]!),
      (position, offset) => {
        result[position] = x!.data[offset]!;
      },
    );
    return [result];
  },
  samples: () => [
    { inputs: [spread([2, 3])], attributes: { order: [1, 0] } },
    { inputs: [spread([2, 3, 4])], attributes: { order: [2, 0, 1] } },
    { inputs: [spread([1, 0, 2])], attributes: { order: [1, 2, 0] } },
  ],
});

/** The values repeated along axes of size 1, and along new leading axes. */
export const broadcastToPrimitive = definePrimitive<{ shape: Shape }>({
  name: 'broadcastTo',
  infer([x], { shape }) {
    const offset = shape.length - x!.shape.length;
    const fits = offset >= 0 && x!.shape.every((size, axis) => size === 1 || size === shape[axis + offset]);
    if (!fits)
      throw new TypeError(`broadcastTo: ${formatShape(x!.shape)} does not stretch to ${formatShape(shape)}.`);
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs: [x], gradients: [g] }) => [sumTo(g!, x!.shape)],
  lower(to, [x], { inputs: [tensor], attributes: { shape } }) {
    const offset = shape.length - tensor!.rank;
    const target = shape.map((size, axis) => {
      if (typeof size === 'number') return size;
      if (axis >= offset && tensor!.shape[axis - offset] === size) return 1;
      throw new TypeError(
        `broadcastTo: cannot stretch ${formatShape(tensor!.shape)} along the open dimension '${size}'.`,
      );
    });
    return [to.emit('Expand', [x!, to.integers(target)])];
  },
  evaluate: ([x], _attributes, [type]) => [broadcastValue(x!, shapeOf(type!))],
  samples: () => [
    { inputs: [spread([3, 1])], attributes: { shape: [2, 3, 4] } },
    { inputs: [spread([])], attributes: { shape: [2] } },
    { inputs: [spread([1, 2])], attributes: { shape: [0, 2] } },
  ],
});

type Slicing = {
  axes: readonly number[];
  starts: readonly number[];
  ends: readonly number[];
  steps: readonly number[];
};

/** How many elements lie between start and end at this step. */
const sliceLength = (start: number, end: number, step: number): number =>
  Math.max(0, Math.ceil((end - start) / step));

/** Every `step`-th element from `start` up to, not including, `end` along some axes. A negative step walks backwards. */
export const slicePrimitive = definePrimitive<Slicing>({
  name: 'slice',
  infer([x], { axes, starts, ends, steps }) {
    const shape: Dimension[] = [...x!.shape];
    for (const [position, axis] of axes.entries()) {
      shape[axis] = sliceLength(starts[position]!, ends[position]!, steps[position]!);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  gradient({ inputs: [x], gradients: [g], attributes: { axes, starts, steps } }) {
    let result = g!;
    for (const [position, axis] of axes.entries()) {
      result = unslice(result, axis, starts[position]!, steps[position]!, x!.shape[axis] as number);
    }
    return [result];
  },
  lower(to, [x], { attributes: { axes, starts, ends, steps }, outputs: [y] }) {
    const cut = (from: string, ...[begin, stop, along, by]: readonly (readonly number[])[]): string =>
      to.emit('Slice', [
        from,
        to.integers(begin!),
        to.integers(stop!),
        to.integers(along!),
        to.integers(by!),
      ]);
    // An end before the first element cannot be said with -1, which means the last.
    const before = Number.MIN_SAFE_INTEGER;
    if (steps.every((step) => step >= -1))
      return [
        cut(
          x!,
          starts,
          ends.map((end) => (end < 0 ? before : end)),
          axes,
          steps,
        ),
      ];
    // ONNX Runtime's WebGPU provider is wrong for steps below -1: take the elements forwards, then turn them round.
    const lengths = axes.map((axis) => y!.shape[axis] as number);
    const forwards = axes.map((_, i) =>
      steps[i]! > 0 ? starts[i]! : starts[i]! + steps[i]! * Math.max(0, lengths[i]! - 1),
    );
    const stops = axes.map((_, i) =>
      lengths[i] === 0 ? forwards[i]! : forwards[i]! + (lengths[i]! - 1) * Math.abs(steps[i]!) + 1,
    );
    const taken = cut(x!, forwards, stops, axes, steps.map(Math.abs));
    const turned = axes.filter((_, i) => steps[i]! < 0);
    return [
      cut(
        taken,
        turned.map(() => -1),
        turned.map(() => before),
        turned,
        turned.map(() => -1),
      ),
    ];
  },
  evaluate([x], { axes, starts, steps }, [type]) {
    const strides = stridesOf(x!.shape);
    let start = 0;
    const walk = [...strides];
    for (const [position, axis] of axes.entries()) {
      start += starts[position]! * strides[axis]!;
      walk[axis] = strides[axis]! * steps[position]!;
    }
    const shape = shapeOf(type!);
    const result = new Float64Array(sizeOf(shape));
    forEachOffset(
      shape,
      walk,
      (position, offset) => {
        result[position] = x!.data[offset]!;
      },
      start,
    );
    return [result];
  },
  samples: () => [
    { inputs: [spread([4, 5])], attributes: { axes: [0, 1], starts: [1, 0], ends: [3, 5], steps: [1, 2] } },
    { inputs: [spread([5])], attributes: { axes: [0], starts: [4], ends: [-1], steps: [-1] } },
    { inputs: [spread([7])], attributes: { axes: [0], starts: [5], ends: [0], steps: [-2] } },
    { inputs: [spread([3, 2])], attributes: { axes: [0], starts: [1], ends: [1], steps: [1] } },
  ],
});

/** Puts the elements of `x` back where a slice took them from, zeros between. */
function unslice(x: Tensor, axis: number, start: number, step: number, size: number): Tensor {
  const length = x.shape[axis] as number;
  if (step < 0) return unslice(flip(x, axis), axis, start + step * Math.max(0, length - 1), -step, size);
  let spaced = x;
  if (step > 1 && length > 0) {
    const rows = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
    const padded = pad(reshape(x, rows), axis + 1, 0, step - 1);
    const flat = reshape(
      padded,
      x.shape.map((dimension, position) => (position === axis ? length * step : dimension)),
    );
    spaced = slice(flat, axis, 0, (length - 1) * step + 1);
  }
  return pad(spaced, axis, start, size - start - (spaced.shape[axis] as number));
}

/** Tensors joined end to end along an axis. */
export const concatPrimitive = definePrimitive<{ axis: number }>({
  name: 'concat',
  infer(inputs, { axis }) {
    const dtype = requireSameDtype('concat', inputs);
    const [first, ...others] = inputs;
    for (const { shape } of others) {
      if (!sameShape(shape.toSpliced(axis, 1), first!.shape.toSpliced(axis, 1))) {
        throw new TypeError(
          `concat: ${formatShape(first!.shape)} and ${formatShape(shape)} may differ along axis ${axis} alone.`,
        );
      }
    }
    const sizes = inputs.map(({ shape }) => shape[axis]!);
    const total = sizes.every((size) => typeof size === 'number')
      ? sizes.reduce<number>((sum, size) => sum + (size as number), 0)
      : sizes.join('+');
    return [{ dtype, shape: first!.shape.with(axis, total) }];
  },
  gradient({ inputs, gradients: [g], attributes: { axis } }) {
    let start = 0;
    return inputs.map((tensor) => {
      const end = start + (tensor.shape[axis] as number);
      const part = slice(g!, axis, start, end);
      start = end;
      return part;
    });
  },
  lower: (to, inputs, { attributes: { axis } }) => [to.emit('Concat', inputs, { axis })],
  evaluate(inputs, { axis }, [type]) {
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    const outer = sizeOf(inputs[0]!.shape.slice(0, axis));
    const rows = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
    let offset = 0;
    for (let row = 0; row < outer; row++) {
      for (const [position, { data }] of inputs.entries()) {
        result.set(data.subarray(row * rows[position]!, (row + 1) * rows[position]!), offset);
        offset += rows[position]!;
      }
    }
    return [result];
  },
  samples: () => [
    { inputs: [spread([2, 3]), spread([2, 1]), spread([2, 0])], attributes: { axis: 1 } },
    { inputs: [spread([1, 2]), spread([3, 2])], attributes: { axis: 0 } },
  ],
});

/** Zeros (or another value) added before and after along each axis. */
export const padPrimitive = definePrimitive<{
  before: readonly number[];
  after: readonly number[];
  value: number;
}>({
  name: 'pad',
  infer: ([x], { before, after }) => [
    {
      dtype: x!.dtype,
      shape: x!.shape.map((size, axis) => {
        const added = before[axis]! + after[axis]!;
        return typeof size === 'number' ? size + added : added === 0 ? size : `${size}+${added}`;
      }),
    },
  ],
  gradient({ inputs: [x], gradients: [g], attributes: { before } }) {
    let result = g!;
    for (const [axis, start] of before.entries()) {
      if (g!.shape[axis] !== x!.shape[axis])
        result = slice(result, axis, start, start + (x!.shape[axis] as number));
    }
    return [result];
  },
  lower: (to, [x], { inputs: [tensor], attributes: { before, after, value } }) => [
    to.emit('Pad', [x!, to.integers([...before, ...after]), to.scalar(value, tensor!.dtype)]),
  ],
  evaluate([x], { before, value }, [type]) {
    const shape = shapeOf(type!);
    const strides = stridesOf(shape);
    const result = new Float64Array(sizeOf(shape)).fill(value);
    const start = before.reduce((total, count, axis) => total + count * strides[axis]!, 0);
    forEachOffset(
      x!.shape,
      strides,
      (position, offset) => {
        result[offset] = x!.data[position]!;
      },
      start,
    );
    return [result];
  },
  samples: () => [
    { inputs: [spread([2, 3])], attributes: { before: [1, 0], after: [0, 2], value: 0 } },
    { inputs: [spread([2])], attributes: { before: [2], after: [1], value: -1.5 } },
  ],
});

/** Each element repeated `factors[axis]` times along each axis (nearest-neighbour enlargement). */
export const upsamplePrimitive = definePrimitive<{ factors: readonly number[] }>({
  name: 'upsample',
  infer: ([x], { factors }) => [
    {
      dtype: x!.dtype,
      shape: x!.shape.map((size, axis) => (factors[axis] === 1 ? size : shapeSize([size, factors[axis]!]))),
    },
  ],
  gradient({ inputs: [x], gradients: [g], attributes: { factors } }) {
    const split = x!.shape.flatMap((size, axis) => [size, factors[axis]!]);
    return [reshape(g!, split).sum(factors.map((_, axis) => 2 * axis + 1))];
  },
  lower: (to, [x], { attributes: { factors } }) => [
    to.emit('Resize', [x!, '', to.constant(NdArray.from([...factors]))], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  ],
  evaluate([x], { factors }, [type]) {
    const split = x!.shape.flatMap((size, axis) => [size, factors[axis]!]);
    const strides = stridesOf(x!.shape).flatMap((stride) => [stride, 0]);
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    forEachOffset(split, strides, (position, offset) => {
      result[position] = x!.data[offset]!;
    });
    return [result];
  },
  samples: () => [
    { inputs: [spread([1, 2, 2, 3])], attributes: { factors: [1, 1, 2, 3] } },
    { inputs: [spread([2, 1, 3])], attributes: { factors: [1, 1, 2] } },
  ],
});

/** `x` in another shape; one size may be -1, which stands for whatever is left. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const unknown = shape.indexOf(-1);
  let target = shape;
  if (unknown >= 0) {
    const rest = divideDimensions(shapeSize(x.shape), shapeSize(shape.toSpliced(unknown, 1)));
    if (rest === undefined)
      throw new TypeError(`reshape: ${formatShape(x.shape)} does not divide into ${formatShape(shape)}.`);
    target = shape.with(unknown, rest);
  }
  return sameShape(x.shape, target) ? x : apply1(reshapePrimitive, [x], { shape: target });
}

/** `x` with its axes in `order`, or reversed when left out. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const axes = (order ?? x.shape.map((_, axis) => x.rank - 1 - axis)).map((axis) =>
    normalizeAxis(axis, x.rank, 'transpose'),
  );
  if (new Set(axes).size !== x.rank) {
    throw new RangeError(`transpose: ${formatShape(axes)} does not name each of the ${x.rank} axes once.`);
  }
  return axes.every((axis, position) => axis === position)
    ? x
    : apply1(transposePrimitive, [x], { order: axes });
}

/** `x` stretched to `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply1(broadcastToPrimitive, [x], { shape });
}

/**
 * The elements from `start` up to, not including, `end` along an axis. Negative positions count from the end; `end` may be left out.
 * @throws RangeError when they lie outside the axis
 */
export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  const position = normalizeAxis(axis, x.rank, 'slice');
  const size = x.shape[position]!;
  if (typeof size !== 'number')
    throw new TypeError(`slice: axis ${axis} of ${x} is open; its size must be known.`);
  const from = start < 0 ? start + size : start;
  const to = end === undefined ? (step > 0 ? size : -1) : end < 0 ? end + size : end;
  if (step === 0 || from < 0 || from > size || to > size || to < -1) {
    throw new RangeError(
      `slice: ${start} to ${end ?? 'the end'} by ${step} lies outside axis ${axis} of ${formatShape(x.shape)}.`,
    );
  }
  if (from === 0 && to === size && step === 1) return x;
  return apply1(slicePrimitive, [x], { axes: [position], starts: [from], ends: [to], steps: [step] });
}

/** `x` with an axis back to front. */
export function flip(x: Tensor, axis: number): Tensor {
  const size = x.shape[normalizeAxis(axis, x.rank, 'flip')] as number;
  return size === 0 ? x : slice(x, axis, size - 1, undefined, -1);
}

/** The tensors joined end to end along `axis`. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new TypeError('concat: there is nothing to join.');
  return tensors.length === 1
    ? first
    : apply1(concatPrimitive, tensors, { axis: normalizeAxis(axis, first.rank, 'concat') });
}

/** The tensors joined along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((tensor) => expandDimensions(tensor, axis)),
    axis,
  );
}

/** `x` with a new axis of size 1 at `axis`. */
export function expandDimensions(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(normalizeAxis(axis, x.rank + 1, 'expandDimensions'), 0, 1));
}

/** `before` and `after` values added along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  const position = normalizeAxis(axis, x.rank, 'pad');
  return padAll(
    x,
    x.shape.map((_, a) => (a === position ? [before, after] : [0, 0])),
    value,
  );
}

/** `[before, after]` values added along each axis. */
export function padAll(
  x: Tensor,
  counts: readonly (readonly [number, number] | number[])[],
  value = 0,
): Tensor {
  const before = counts.map(([count]) => count!);
  const after = counts.map(([, count]) => count!);
  if (before.every((count) => count === 0) && after.every((count) => count === 0)) return x;
  return apply1(padPrimitive, [x], { before, after, value });
}

/** Each element repeated `factors[axis]` times along each axis. */
export function upsample(x: Tensor, factors: readonly number[]): Tensor {
  return factors.every((factor) => factor === 1) ? x : apply1(upsamplePrimitive, [x], { factors });
}
