// Convolution and its two transposes. <g, conv(x, w)> is linear in each of x, w and g, so the three primitives below
// are each other's gradients and stay closed under differentiation.
import { sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { formatShape, type Shape, stridesOf } from '../graph/shape.js';
import {
  type Attributes,
  apply1,
  type ReferenceValue,
  type Tensor,
  type TensorType,
} from '../graph/tensor.js';
import { lowerFilterGradient, lowerInputGradient } from './convolutionLowering.js';
import { definePrimitive, requireDtype, requireSameDtype, spread } from './define.js';
import { sum } from './reductions.js';
import { forEachOffset, shapeOf } from './reference.js';

/** How a window moves over the spatial axes, one number an axis. */
export interface Window {
  readonly strides: readonly number[];
  /** Zeros added before each spatial axis. */
  readonly before: readonly number[];
  /** Zeros added after each spatial axis. */
  readonly after: readonly number[];
  readonly dilations: readonly number[];
}

export type ConvolutionAttributes = Window & Attributes & { readonly groups: number };

/** The number of window positions along an axis. */
export function windowCount(
  size: number,
  kernel: number,
  { strides, before, after, dilations }: Window,
  axis: number,
): number {
  const reach = dilations[axis]! * (kernel - 1) + 1;
  return Math.floor((size + before[axis]! + after[axis]! - reach) / strides[axis]!) + 1;
}

/**
 * The cross-correlation of x [batch, channels, ..space] with filters [filters, channels / groups, ..kernel], plus a bias
 * [filters] where a third input is given.
 */
export const convolutionPrimitive = definePrimitive<ConvolutionAttributes>({
  name: 'convolution',
  infer(inputs, attributes) {
    const [x, filter, bias] = inputs;
    const dtype = requireSameDtype('convolution', inputs);
    requireDtype('convolution', x!, isFloat, 'floats');
    const [batch, channels, ...space] = x!.shape;
    const [filters, perGroup, ...kernel] = shapeOf(filter!);
    if (x!.shape.length !== filter!.shape.length || channels !== perGroup! * attributes.groups) {
      throw new TypeError(
        `convolution: the input ${formatShape(x!.shape)} has ${channels} channels, but the filters ${formatShape(filter!.shape)} in ${attributes.groups} group(s) take ${perGroup! * attributes.groups}.`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
      throw new TypeError(
        `convolution: ${filters} filters need a bias of [${filters}], but it is ${formatShape(bias.shape)}.`,
      );
    }
    const out = space.map((size, axis) => {
      if (typeof size !== 'number') {
        const keeps = attributes.strides[axis] === 1 && windowCount(1, kernel[axis]!, attributes, axis) === 1;
        return keeps ? size : `windows(${size})`;
      }
      const count = windowCount(size, kernel[axis]!, attributes, axis);
      if (count <= 0) {
        throw new TypeError(
          `convolution: a kernel of ${formatShape(kernel)} does not fit into ${formatShape(space)} even once.`,
        );
      }
      return count;
    });
    return [{ dtype, shape: [batch!, filters!, ...out] }];
  },
  gradient: ({ inputs: [x, filter], gradients: [g], attributes }) => [
    convolutionInputGradient(g!, filter!, x!.shape, attributes),
    convolutionFilterGradient(x!, g!, filter!.shape, attributes),
    sum(g!, [0, ...g!.shape.slice(2).map((_, axis) => axis + 2)]),
  ],
  lower: (to, inputs, { attributes: { strides, before, after, dilations, groups } }) => [
    to.emit('Conv', inputs, { strides, pads: [...before, ...after], dilations, group: groups }),
  ],
  evaluate([x, filter, bias], attributes, [type]) {
    const shape = shapeOf(type!);
    const inner = sizeOf(shape.slice(2));
    const startAt = (position: number): number =>
      bias ? bias.data[Math.floor(position / inner) % shape[1]!]! : 0;
    const result = new Float64Array(sizeOf(shape)).map((_, position) => startAt(position));
    forEachTap(x!.shape, filter!.shape, shapeOf(type!), attributes, (xAt, filterAt, outAt) => {
      result[outAt]! += x!.data[xAt]! * filter!.data[filterAt]!;
    });
    return [result];
  },
  samples: () =>
    cases.flatMap(({ x, filter, ...attributes }, position) => {
      const inputs = [spread(x), spread(filter, -1, 1, 0.1)];
      return position < 2
        ? [
            { inputs, attributes },
            { inputs: [...inputs, spread([filter[0]!])], attributes },
          ]
        : [{ inputs, attributes }];
    }),
});

/** The gradient of a convolution with respect to its input: what others call a transposed convolution. */
export const convolutionInputGradientPrimitive = definePrimitive<ConvolutionAttributes & { shape: Shape }>({
  name: 'convolutionInputGradient',
  infer: (inputs, { shape }) => [{ dtype: requireSameDtype('convolutionInputGradient', inputs), shape }],
  gradient: ({ inputs: [g, filter], gradients: [u], attributes: { shape: _, ...window } }) => [
    convolution(u!, filter!, window),
    convolutionFilterGradient(u!, g!, filter!.shape, window),
  ],
  lower: lowerInputGradient,
  evaluate([g, filter], attributes, [type]) {
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    forEachTap(shapeOf(type!), filter!.shape, g!.shape, attributes, (xAt, filterAt, outAt) => {
      result[xAt]! += g!.data[outAt]! * filter!.data[filterAt]!;
    });
    return [result];
  },
  samples: () => [
    ...cases.map(({ x, filter, ...attributes }) => ({
      inputs: [spread(outputShape(x, filter, attributes)), spread(filter, -1, 1, 0.1)],
      attributes: { ...attributes, shape: x },
    })),
    {
      // Large enough to be said as a convolution with turned filters.
      inputs: [spread([16, 2, 16, 17], -0.5, 0.5), spread([2, 3, 3, 2], -1, 1, 0.1)],
      attributes: { ...plain(2), before: [1, 1], after: [1, 0], shape: [16, 3, 16, 17] },
      noGradient: 'too many elements; the rule is checked on the other samples',
    },
  ],
});

/** The gradient of a convolution with respect to its filters. */
export const convolutionFilterGradientPrimitive = definePrimitive<ConvolutionAttributes & { shape: Shape }>({
  name: 'convolutionFilterGradient',
  infer: (inputs, { shape }) => [{ dtype: requireSameDtype('convolutionFilterGradient', inputs), shape }],
  gradient: ({ inputs: [x, g], gradients: [u], attributes: { shape: _, ...window } }) => [
    convolutionInputGradient(g!, u!, x!.shape, window),
    convolution(x!, u!, window),
  ],
  lower: lowerFilterGradient,
  evaluate([x, g], attributes, [type]) {
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    forEachTap(x!.shape, shapeOf(type!), g!.shape, attributes, (xAt, filterAt, outAt) => {
      result[filterAt]! += x!.data[xAt]! * g!.data[outAt]!;
    });
    return [result];
  },
  samples: () => [
    ...cases.map(({ x, filter, ...attributes }) => ({
      inputs: [spread(x), spread(outputShape(x, filter, attributes), -1, 1, 0.1)],
      attributes: { ...attributes, shape: filter },
    })),
    {
      // Large enough to be said as a convolution.
      inputs: [spread([2, 3, 18, 24], -0.5, 0.5), spread([2, 4, 9, 8], -1, 1, 0.1)],
      attributes: { ...plain(2), strides: [2, 3], before: [1, 1], after: [2, 2], shape: [4, 3, 4, 5] },
      noGradient: 'too many elements; the rule is checked on the other samples',
    },
  ],
});

export function convolution(
  x: Tensor,
  filter: Tensor,
  attributes: ConvolutionAttributes,
  bias?: Tensor,
): Tensor {
  return apply1(convolutionPrimitive, bias ? [x, filter, bias] : [x, filter], attributes);
}

export function convolutionInputGradient(
  g: Tensor,
  filter: Tensor,
  shape: Shape,
  attributes: ConvolutionAttributes,
): Tensor {
  return apply1(convolutionInputGradientPrimitive, [g, filter], { ...attributes, shape });
}

export function convolutionFilterGradient(
  x: Tensor,
  g: Tensor,
  shape: Shape,
  attributes: ConvolutionAttributes,
): Tensor {
  return apply1(convolutionFilterGradientPrimitive, [x, g], { ...attributes, shape });
}

const plain = (axes: number) => ({
  strides: Array<number>(axes).fill(1),
  before: Array<number>(axes).fill(0),
  after: Array<number>(axes).fill(0),
  dilations: Array<number>(axes).fill(1),
  groups: 1,
});

const cases = [
  { x: [2, 2, 10, 9], filter: [3, 2, 3, 2], ...plain(2), before: [1, 0], after: [1, 1] },
  { x: [2, 3, 5, 4], filter: [4, 3, 3, 3], ...plain(2) },
  { x: [1, 2, 5, 5], filter: [3, 2, 3, 2], ...plain(2), before: [1, 0], after: [1, 1] },
  { x: [2, 2, 6, 7], filter: [2, 2, 3, 3], ...plain(2), strides: [2, 2], before: [1, 1], after: [1, 1] },
  { x: [1, 2, 7, 7], filter: [2, 2, 2, 3], ...plain(2), dilations: [2, 1], strides: [1, 3] },
  { x: [2, 4, 4, 4], filter: [4, 2, 3, 3], ...plain(2), groups: 2, before: [1, 1], after: [1, 1] },
  {
    x: [1, 3, 4, 4],
    filter: [3, 1, 3, 3],
    ...plain(2),
    groups: 3,
    strides: [2, 2],
    before: [0, 0],
    after: [1, 1],
  },
  { x: [2, 3, 8], filter: [2, 3, 3], ...plain(1), strides: [2], before: [1], after: [1] },
  { x: [2, 3, 1, 1], filter: [2, 3, 1, 1], ...plain(2) },
  { x: [2, 3, 4, 4], filter: [5, 3, 1, 1], ...plain(2), strides: [2, 2] },
  // Channels and groups that ONNX Runtime's WebGPU provider gets wrong with the channels last.
  { x: [1, 6, 3, 3], filter: [4, 6, 2, 2], ...plain(2) },
  { x: [1, 2, 3, 3], filter: [12, 1, 2, 2], ...plain(2), groups: 2 },
  { x: [1, 4, 3, 3], filter: [8, 1, 2, 2], ...plain(2), groups: 4 },
];

function outputShape(
  x: readonly number[],
  filter: readonly number[],
  attributes: ConvolutionAttributes,
): number[] {
  const space = x.slice(2).map((size, axis) => windowCount(size, filter[axis + 2]!, attributes, axis));
  return [x[0]!, filter[0]!, ...space];
}

/** Calls `visit` with the offsets of every product a convolution sums. */
function forEachTap(
  xShape: ReferenceValue['shape'],
  filterShape: readonly number[],
  outShape: TensorType['shape'] & readonly number[],
  { strides, before, dilations, groups }: ConvolutionAttributes,
  visit: (xAt: number, filterAt: number, outAt: number) => void,
): void {
  const [xStrides, filterStrides] = [stridesOf(xShape), stridesOf(filterShape)];
  const filtersPerGroup = outShape[1]! / groups;
  const perGroup = filterShape[1]!;
  const taps = filterShape.slice(2);
  forEachIndex(outShape, ([batch, filter, ...position], outAt) => {
    const group = Math.floor(filter! / filtersPerGroup);
    for (let channel = 0; channel < perGroup; channel++) {
      forEachIndex(taps, (tap) => {
        let xAt = batch! * xStrides[0]! + (group * perGroup + channel) * xStrides[1]!;
        let filterAt = filter! * filterStrides[0]! + channel * filterStrides[1]!;
        for (const [axis, k] of tap.entries()) {
          const place = position[axis]! * strides[axis]! - before[axis]! + k * dilations[axis]!;
          if (place < 0 || place >= xShape[axis + 2]!) return;
          xAt += place * xStrides[axis + 2]!;
          filterAt += k * filterStrides[axis + 2]!;
        }
        visit(xAt, filterAt, outAt);
      });
    }
  });
}

function forEachIndex(
  shape: readonly number[],
  visit: (index: readonly number[], position: number) => void,
): void {
  const strides = stridesOf(shape);
  forEachOffset(
    shape,
    shape.map(() => 0),
    (position) => {
      visit(
        shape.map((size, axis) => Math.floor(position / strides[axis]!) % size),
        position,
      );
    },
  );
}
