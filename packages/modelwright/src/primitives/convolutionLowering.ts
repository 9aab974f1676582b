// How the gradients of a convolution are said in ONNX. Chosen by measurement; see docs/engine-notes.md.

import { sizeOf } from '../graph/array.js';
import type { Shape } from '../graph/shape.js';
import type { GraphNode, Lowering } from '../graph/tensor.js';
import type { ConvolutionAttributes } from './convolution.js';
import { convolutionOverBatch } from './convolutionOverBatch.js';
import { productOfColumns } from './convolutionWebgpu.js';

export type WithShape = ConvolutionAttributes & { shape: Shape };

/** ConvTranspose, with what the strides left over as output padding. */
export function lowerInputGradient(
  to: Lowering,
  [g, filter]: readonly string[],
  node: GraphNode<WithShape>,
): readonly string[] {
  const { strides, before, after, dilations, groups, shape } = node.attributes;
  const kernel = node.inputs[1]!.shape.slice(2) as number[];
  const [batch, , ...out] = node.inputs[0]!.shape as number[];
  const space = shape.slice(2) as number[];
  const pads = [before, after].flatMap((counts) =>
    counts.map((count, axis) => dilations[axis]! * (kernel[axis]! - 1) - count),
  );
  const sameSize = sizeOf(space) <= 1.1 * sizeOf(out) && strides.every((stride) => stride === 1);
  if (
    groups === 1 &&
    sameSize &&
    pads.every((count) => count >= 0) &&
    (to.webgpu || batch! * sizeOf(out) >= manyPositions)
  ) {
    return [flippedConvolution(to, g!, filter!, pads, dilations)];
  }
  const leftOver = space.map((size, axis) => {
    const reached = (out[axis]! - 1) * strides[axis]! + dilations[axis]! * (kernel[axis]! - 1) + 1;
    return size + before[axis]! + after[axis]! - reached;
  });
  const attributes = {
    strides,
    dilations,
    group: groups,
    pads: [...before, ...after],
    output_padding: leftOver,
  };
  return [to.emit('ConvTranspose', [g!, filter!], attributes)];
}

/** From this many positions in a batch on, turning the filters round costs less than it gains. */
const manyPositions = 4096;

/** The convolution of the gradient with the filters turned round and their first two axes swapped. */
function flippedConvolution(
  to: Lowering,
  g: string,
  filter: string,
  pads: readonly number[],
  dilations: readonly number[],
): string {
  const axes = dilations.map((_, axis) => axis + 2);
  const all = (value: number): string => to.integers(dilations.map(() => value));
  const turned = to.emit('Slice', [
    filter,
    all(-1),
    all(Number.MIN_SAFE_INTEGER),
    to.integers(axes),
    all(-1),
  ]);
  const swapped = to.emit('Transpose', [turned], { perm: [1, 0, ...axes] });
  return to.emit('Conv', [g, swapped], { pads, dilations, strides: dilations.map(() => 1) });
}

/**
 * dw[m, c, k] = sum over batch b and positions p of g[b, m, p] x[b, c, p + k]: for each tap of the kernel a product of the
 * gradient with the input moved by that tap. Where an image has few positions, one product over all images; in
 * groups, and where there are few channels, one over all taps; for large kernels with strides a convolution.
 */
export function lowerFilterGradient(
  to: Lowering,
  [x, g]: readonly string[],
  node: GraphNode<WithShape>,
): readonly string[] {
  const { groups, shape } = node.attributes;
  const [batch, filters, ...out] = node.inputs[1]!.shape as number[];
  const [, perGroup, ...kernel] = shape as number[];
  const positions = sizeOf(out);
  const problem: FilterProblem = {
    batch: batch!,
    filters: filters!,
    groups,
    perGroup: perGroup!,
    positions,
    isFew: positions < fewPositions,
    taps: kernel.reduce((a, b) => a * b, 1),
    shape: shape as number[],
  };
  const columns = batch! * groups * perGroup! * problem.taps * positions;
  if (to.webgpu && columns <= largestColumns) return [productOfColumns(to, [x!, g!], node, problem)];
  const convolved = to.webgpu ? undefined : convolutionOverBatch(to, x!, g!, node, problem);
  if (convolved) return [convolved];
  const moved = movedInputs(to, x!, node);
  const productIsThin = perGroup! < thinProduct && !problem.isFew;
  if (groups > 1 || productIsThin) return [productsOfAllTaps(to, moved, g!, problem)];
  return [problem.isFew ? productOverBatch(to, moved, g!, problem) : productsByTap(to, moved, g!, problem)];
}

/** With more elements than this, 256 MB of them, columns may not fit into one buffer of a GPU. */
const largestColumns = 2 ** 26;
/** Fewer positions than this in an image, and the products of all images are taken as one. */
const fewPositions = 64;
/** Fewer input channels than this, and the taps of the kernel are taken together. */
const thinProduct = 16;

export interface FilterProblem {
  readonly batch: number;
  readonly filters: number;
  readonly groups: number;
  readonly perGroup: number;
  readonly positions: number;
  /** Whether an image has so few that the products of all images are taken as one. */
  readonly isFew: boolean;
  readonly taps: number;
  readonly shape: readonly number[];
}

function productsByTap(to: Lowering, moved: readonly string[], g: string, problem: FilterProblem): string {
  const { batch, filters, perGroup, positions } = problem;
  const gradient = to.emit('Reshape', [g, to.integers([batch, filters, positions])]);
  const sums = moved.map((piece) => {
    const columns = to.emit('Reshape', [piece, to.integers([batch, perGroup, positions])]);
    return to.emit('ReduceSum', [productTransposed(to, gradient, columns, [0, 2, 1]), to.integers([0])], {
      keepdims: 1,
    });
  });
  const stacked = sums.length === 1 ? sums[0]! : to.emit('Concat', sums, { axis: 0 });
  return filterShape(to, stacked, [1, 2, 0], problem.shape);
}

function productOverBatch(to: Lowering, moved: readonly string[], g: string, problem: FilterProblem): string {
  const { batch, filters, perGroup, positions, taps } = problem;
  /** [batch, rows, positions] as [batch * positions, rows]. */
  const byPosition = (tensor: string, rows: number): string => {
    const flat = to.emit('Reshape', [tensor, to.integers([batch, rows, positions])]);
    return to.emit('Reshape', [
      to.emit('Transpose', [flat], { perm: [0, 2, 1] }),
      to.integers([batch * positions, rows]),
    ]);
  };
  const columns = byPosition(join(to, moved), taps * perGroup);
  const product = to.emit('Gemm', [byPosition(g, filters), columns], { transA: 1 });
  const untangled = to.emit('Reshape', [product, to.integers([filters, taps, perGroup])]);
  return filterShape(to, untangled, [0, 2, 1], problem.shape);
}

function productsOfAllTaps(
  to: Lowering,
  moved: readonly string[],
  g: string,
  problem: FilterProblem,
): string {
  const { batch, filters, groups, perGroup, positions, taps, shape } = problem;
  const joined = join(to, moved);
  const byGroup =
    groups === 1
      ? joined
      : to.emit(
          'Transpose',
          [to.emit('Reshape', [joined, to.integers([batch, taps, groups, perGroup, positions])])],
          { perm: [0, 2, 1, 3, 4] },
        );
  const columns = to.emit('Reshape', [byGroup, to.integers([batch, groups, taps * perGroup, positions])]);
  const rows = to.emit('Reshape', [g, to.integers([batch, groups, filters / groups, positions])]);
  const total = to.emit('ReduceSum', [productTransposed(to, rows, columns, [0, 1, 3, 2]), to.integers([0])], {
    keepdims: 0,
  });
  return filterShape(
    to,
    to.emit('Reshape', [total, to.integers([filters, taps, perGroup])]),
    [0, 2, 1],
    shape,
  );
}

/** a times b with the last two axes of b swapped, as `order` says. */
function productTransposed(to: Lowering, a: string, b: string, order: readonly number[]): string {
  if (to.extensions) return to.emit('FusedMatMul', [a, b], { transB: 1 }, { domain: 'com.microsoft' });
  return to.emit('MatMul', [a, to.emit('Transpose', [b], { perm: order })]);
}

/** The three axes filters, channels and taps, brought to that order, as filters. */
function filterShape(to: Lowering, x: string, order: readonly number[], shape: readonly number[]): string {
  return to.emit('Reshape', [to.emit('Transpose', [x], { perm: order }), to.integers(shape)]);
}

/** [batch, taps * channels, ..out] */
function join(to: Lowering, moved: readonly string[]): string {
  return moved.length === 1 ? moved[0]! : to.emit('Concat', moved, { axis: 1 });
}

/** For each tap of the kernel the input value under it at every position, [batch, channels, ..out]. */
function movedInputs(to: Lowering, x: string, node: GraphNode<WithShape>): string[] {
  const { strides, before, after, dilations, shape } = node.attributes;
  const kernel = shape.slice(2) as number[];
  const out = node.inputs[1]!.shape.slice(2) as number[];
  const axes = kernel.map((_, axis) => axis + 2);
  const padded = [...before, ...after].some((count) => count > 0)
    ? to.emit('Pad', [x, to.integers([0, 0, ...before, 0, 0, ...after]), to.scalar(0, node.inputs[0]!.dtype)])
    : x;
  const pieces: string[] = [];
  const tap = kernel.map(() => 0);
  const visit = (axis: number): void => {
    if (axis < kernel.length) {
      for (tap[axis] = 0; tap[axis]! < kernel[axis]!; tap[axis]!++) visit(axis + 1);
      return;
    }
    const starts = tap.map((k, a) => k * dilations[a]!);
    const ends = starts.map((start, a) => start + (out[a]! - 1) * strides[a]! + 1);
    pieces.push(
      to.emit('Slice', [
        padded,
        to.integers(starts),
        to.integers(ends),
        to.integers(axes),
        to.integers(strides),
      ]),
    );
  };
  visit(0);
  return pieces;
}
