import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { formatShape, type Shape, stridesOf } from '../graph/shape.js';
import { type Attributes, apply1, type Primitive, type Tensor } from '../graph/tensor.js';
import { div, maximum, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { constant } from './constant.js';
import { convolutionInputGradient, type Window, windowCount } from './convolution.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { isZero, relu } from './elementwise.js';
import { matmul, matmulTransposed } from './matmul.js';
import { forEachOffset, shapeOf } from './reference.js';
import { concat, padAll, reshape, slice, upsample } from './shaping.js';

export type PoolingAttributes = Omit<Window, 'dilations'> &
  Attributes & { readonly kernel: readonly number[] };

type Gradient = (x: Tensor, y: Tensor, g: Tensor, attributes: PoolingAttributes) => Tensor;

interface Pooling {
  readonly name: string;
  readonly operator: string;
  readonly onnx: Record<string, number>;
  readonly initial: number;
  readonly combine: (a: number, b: number) => number;
  readonly finish: (value: number, taps: number) => number;
  readonly gradient: Gradient;
}

const ones = (kernel: readonly number[]): number[] => kernel.map(() => 1);

function pooling({
  name,
  operator,
  onnx,
  initial,
  combine,
  finish,
  gradient,
}: Pooling): Primitive<PoolingAttributes> {
  return definePrimitive<PoolingAttributes>({
    name,
    infer([x], attributes) {
      requireDtype(name, x!, isFloat, 'floats');
      const [batch, channels, ...space] = x!.shape;
      if (space.length !== attributes.kernel.length) {
        throw new TypeError(
          `${name}: a window of ${formatShape(attributes.kernel)} does not fit ${formatShape(x!.shape)}.`,
        );
      }
      const out = space.map((size, axis) => {
        if (typeof size !== 'number') return `windows(${size})`;
        const count = windowCount(
          size,
          attributes.kernel[axis]!,
          { ...attributes, dilations: ones(attributes.kernel) },
          axis,
        );
        if (count <= 0) {
          throw new TypeError(
            `${name}: a window of ${formatShape(attributes.kernel)} does not fit into ${formatShape(space)}.`,
          );
        }
        return count;
      });
      return [{ dtype: x!.dtype, shape: [batch!, channels!, ...out] }];
    },
    gradient: ({ inputs: [x], outputs: [y], gradients: [g], attributes }) => [
      gradient(x!, y!, g!, attributes),
    ],
    lower: (to, inputs, { attributes: { kernel, strides, before, after } }) => [
      to.emit(operator, inputs, { ...onnx, kernel_shape: kernel, strides, pads: [...before, ...after] }),
    ],
    evaluate([x], { kernel, strides, before }, [type]) {
      const shape = shapeOf(type!);
      const xStrides = stridesOf(x!.shape);
      const outStrides = stridesOf(shape);
      const result = new Float64Array(sizeOf(shape));
      const tapStrides = stridesOf(kernel);
      for (let position = 0; position < result.length; position++) {
        const index = shape.map((size, axis) => Math.floor(position / outStrides[axis]!) % size);
        let value = initial;
        forEachOffset(kernel, ones(kernel), (tap) => {
          let offset = index[0]! * xStrides[0]! + index[1]! * xStrides[1]!;
          for (let axis = 0; axis < kernel.length; axis++) {
            const k = Math.floor(tap / tapStrides[axis]!) % kernel[axis]!;
            const place = index[axis + 2]! * strides[axis]! - before[axis]! + k;
            if (place < 0 || place >= x!.shape[axis + 2]!) return;
            offset += place * xStrides[axis + 2]!;
          }
          value = combine(value, x!.data[offset]!);
        });
        result[position] = finish(value, sizeOf(kernel));
      }
      return [result];
    },
    samples: () => [
      {
        inputs: [spread([2, 2, 4, 6])],
        attributes: { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0] },
      },
      {
        inputs: [spread([1, 2, 5, 7])],
        attributes: { kernel: [2, 3], strides: [2, 3], before: [0, 0], after: [0, 0] },
      },
      {
        inputs: [spread([1, 2, 5, 6])],
        attributes: { kernel: [3, 3], strides: [2, 2], before: [1, 1], after: [1, 1] },
      },
      { inputs: [spread([2, 1, 7])], attributes: { kernel: [3], strides: [1], before: [0], after: [1] } },
    ],
  });
}

/** The largest value under each window; at ties the gradient is shared equally. What is outside the image does not count. */
export const maxPoolPrimitive = pooling({
  name: 'maxPool',
  operator: 'MaxPool',
  onnx: {},
  initial: Number.NEGATIVE_INFINITY,
  combine: Math.max,
  finish: (value) => value,
  gradient: (x, y, g, attributes) =>
    tiles(attributes)
      ? tiledMaxGradient(x, y, g, attributes.kernel)
      : windowedMaxGradient(x, y, g, attributes),
});

/** The mean under each window, zeros outside the image included. */
export const averagePoolPrimitive = pooling({
  name: 'averagePool',
  operator: 'AveragePool',
  onnx: { count_include_pad: 1 },
  initial: 0,
  combine: (a, b) => a + b,
  finish: (value, taps) => value / taps,
  gradient(x, _y, g, attributes) {
    const share = mul(g, 1 / sizeOf(attributes.kernel));
    if (tiles(attributes)) return fitTo(upsample(share, [1, 1, ...attributes.kernel]), x.shape);
    const filter = new NdArray('float32', [1, 1, ...attributes.kernel]);
    filter.data.fill(1);
    return scatterWindows(share, cast(constant(filter), x.dtype), x.shape, attributes, 1);
  },
});

/** Whether the windows lie side by side, each value in one window at most. */
function tiles({ kernel, strides, before, after }: PoolingAttributes): boolean {
  return kernel.every((size, axis) => size === strides[axis] && before[axis] === 0 && after[axis] === 0);
}

/** `x` cut, or filled up with zeros, at the end of its spatial axes. */
function fitTo(x: Tensor, shape: Shape): Tensor {
  let cut = x;
  for (let axis = 2; axis < shape.length; axis++) {
    const [size, target] = [cut.shape[axis] as number, shape[axis] as number];
    if (size > target) cut = slice(cut, axis, 0, target);
  }
  return padAll(
    cut,
    shape.map((size, axis) => [0, (size as number) - (cut.shape[axis] as number)]),
  );
}

function tiledMaxGradient(x: Tensor, y: Tensor, g: Tensor, kernel: readonly number[]): Tensor {
  const tiling = smallTiling(x.shape as number[], y.shape as number[], kernel);
  if (tiling) {
    // Outside the tiles the enlarged gradient is 0, so it does not matter what the comparison says there.
    const enlarge = (t: Tensor): Tensor => tiling.enlarge(t, x.shape);
    const isLargest = isZero(sub(x, enlarge(y)));
    return mul(isLargest, enlarge(div(g, maximum(tiling.sums(isLargest, y.shape), 1))));
  }
  const factors = [1, 1, ...kernel];
  const covered = fitTo(
    x,
    y.shape.map((size, axis) => (size as number) * factors[axis]!),
  );
  // covered <= upsample(y), so the difference is 0 at the largest value and negative elsewhere.
  const isLargest = isZero(sub(covered, upsample(y, factors)));
  const ties = tileSums(isLargest, kernel);
  return fitTo(mul(isLargest, upsample(div(g, ties), factors)), x.shape);
}

/** The largest matrix, in elements, that stands for the tiling of a whole image. */
const largestTiling = 8192;

/**
 * Where the tiles leave a rest at the edge and the image is small: one matrix that says which pixel belongs to which tile. It
 * spares cutting the image and filling it up again.
 */
function smallTiling(shape: readonly number[], out: readonly number[], kernel: readonly number[]) {
  const [space, tiles] = [shape.slice(2), out.slice(2)];
  const fits = space.every((size, axis) => size === tiles[axis]! * kernel[axis]!);
  const [pixels, count] = [sizeOf(space), sizeOf(tiles)];
  if (fits || pixels * count > largestTiling) return undefined;
  const belongs = new NdArray('float32', [count, pixels]);
  const [spaceStrides, tileStrides] = [stridesOf(space), stridesOf(tiles)];
  for (let pixel = 0; pixel < pixels; pixel++) {
    const tile = space.map((size, axis) =>
      Math.floor((Math.floor(pixel / spaceStrides[axis]!) % size) / kernel[axis]!),
    );
    if (tile.some((at, axis) => at >= tiles[axis]!)) continue;
    belongs.data[tile.reduce((total, at, axis) => total + at * tileStrides[axis]!, 0) * pixels + pixel] = 1;
  }
  const matrix = constant(belongs);
  const byImage = (t: Tensor): Tensor => reshape(t, [shape[0]! * shape[1]!, -1]);
  return {
    enlarge: (t: Tensor, to: Shape): Tensor => reshape(matmul(byImage(t), cast(matrix, t.dtype)), to),
    sums: (t: Tensor, to: Shape): Tensor => reshape(matmulTransposed(byImage(t), cast(matrix, t.dtype)), to),
  };
}

/**
 * The sum over each tile. In two dimensions the rows of a line of tiles lie one behind another, so one product with a matrix of
 * ones and zeros adds them up: many times faster than a pooling operator outside its blocked layout.
 */
function tileSums(x: Tensor, kernel: readonly number[]): Tensor {
  const [batch, channels, ...space] = x.shape as number[];
  const out = space.map((size, axis) => size / kernel[axis]!);
  const window = { kernel, strides: kernel, before: kernel.map(() => 0), after: kernel.map(() => 0) };
  if (space.length !== 2) return mul(averagePool(x, window), sizeOf(kernel));
  const [height, width] = kernel as [number, number];
  const line = height * space[1]!;
  const belongs = new NdArray('float32', [line, out[1]!]);
  for (let i = 0; i < line; i++) belongs.data[i * out[1]! + Math.floor((i % space[1]!) / width)] = 1;
  const sums = matmul(reshape(x, [batch! * channels! * out[0]!, line]), cast(constant(belongs), x.dtype));
  return reshape(sums, [batch!, channels!, ...out]);
}

/** For windows that overlap: the mask of each tap, put back in place by a transposed convolution with identity filters. */
function windowedMaxGradient(x: Tensor, y: Tensor, g: Tensor, attributes: PoolingAttributes): Tensor {
  const { kernel, strides, before, after } = attributes;
  const lowest = -3.4e38;
  const padded = padAll(x, [[0, 0], [0, 0], ...before.map((count, axis) => [count, after[axis]!])], lowest);
  const taps = sizeOf(kernel);
  const tapStrides = stridesOf(kernel);
  const masks = Array.from({ length: taps }, (_, tap) => {
    let window = padded;
    for (let axis = 0; axis < kernel.length; axis++) {
      const start = Math.floor(tap / tapStrides[axis]!) % kernel[axis]!;
      const end = start + ((y.shape[axis + 2] as number) - 1) * strides[axis]! + 1;
      window = slice(window, axis + 2, start, end, strides[axis]!);
    }
    return isZero(sub(window, y));
  });
  const ties = maximum(
    masks.reduce((total, mask) => total.add(mask)),
    1,
  );
  const share = div(g, ties);
  const [batch, channels, ...out] = y.shape as number[];
  const flat = [batch! * channels!, 1, ...out];
  const spreadOut = concat(
    masks.map((mask) => reshape(mul(mask, share), flat)),
    1,
  );
  const identity = new NdArray('float32', [taps, 1, ...kernel]);
  for (let tap = 0; tap < taps; tap++) identity.data[tap * taps + tap] = 1;
  return scatterWindows(spreadOut, cast(constant(identity), x.dtype), x.shape, attributes, taps);
}

function scatterWindows(
  g: Tensor,
  filter: Tensor,
  shape: Shape,
  { strides, before, after }: PoolingAttributes,
  taps: number,
): Tensor {
  const [batch, channels, ...space] = shape as number[];
  const images = batch! * channels!;
  const flat = reshape(g, [images, taps, ...g.shape.slice(2)]);
  const window = { strides, before, after, dilations: ones(strides), groups: 1 };
  return reshape(convolutionInputGradient(flat, filter, [images, 1, ...space], window), shape);
}

/** The largest value under each window. The pool of a relu is taken before it: the same value, and less to compare. */
export function maxPool(x: Tensor, attributes: PoolingAttributes): Tensor {
  if (x.node?.primitive.name === 'relu') return relu(maxPool(x.node.inputs[0]!, attributes));
  return apply1(maxPoolPrimitive, [x], attributes);
}

export function averagePool(x: Tensor, attributes: PoolingAttributes): Tensor {
  return apply1(averagePoolPrimitive, [x], attributes);
}
