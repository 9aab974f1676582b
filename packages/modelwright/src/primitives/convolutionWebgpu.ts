// How the gradient of a convolution's filters is said for ONNX Runtime's WebGPU provider. See docs/engine-notes.md.
import { NdArray } from '../graph/array.js';
import type { GraphNode, Lowering } from '../graph/tensor.js';
import type { FilterProblem, WithShape } from './convolutionLowering.js';

/**
 * The gradient of the filters in as few nodes as there can be. A convolution whose filters pick one tap each lays out the columns,
 * [batch, channels * taps, positions]; then one product for each image and a sum over them or, where an image has few positions,
 * one product over all images.
 */
export function productOfColumns(
  to: Lowering,
  [x, g]: readonly [string, string],
  node: GraphNode<WithShape>,
  { batch, filters, groups, perGroup, positions, isFew, taps, shape }: FilterProblem,
): string {
  const columns = columnsOf(to, x, node, taps);
  const rows = perGroup * taps;
  const product =
    groups === 1 && isFew
      ? to.emit('MatMul', [
          acrossImages(to, g, [batch, filters, positions], [1, 0, 2]),
          acrossImages(to, columns, [batch, rows, positions], [0, 2, 1]),
        ])
      : productOfEachImage(to, g, columns, [batch, groups, filters / groups, rows, positions]);
  return to.emit('Reshape', [product, to.integers(shape)]);
}

/** For each channel the values under each tap of the kernel. */
function columnsOf(
  to: Lowering,
  x: string,
  { inputs: [input], attributes }: GraphNode<WithShape>,
  taps: number,
): string {
  const { strides, dilations, before, after, shape } = attributes;
  const channels = input!.shape[1] as number;
  const picks = new NdArray(input!.dtype as 'float32', [channels * taps, 1, ...(shape.slice(2) as number[])]);
  for (let row = 0; row < channels * taps; row++) picks.data[row * taps + (row % taps)] = 1;
  const window = { strides, dilations, pads: [...before, ...after], group: channels };
  return to.emit('Conv', [x, to.constant(picks)], window);
}

/** [batch, rows, positions] in another order, as a matrix in which images and positions are one axis. */
function acrossImages(
  to: Lowering,
  tensor: string,
  [batch, rows, positions]: readonly [batch: number, rows: number, positions: number],
  order: readonly number[],
): string {
  const flat = to.emit('Reshape', [tensor, to.integers([batch, rows, positions])]);
  const turned = to.emit('Transpose', [flat], { perm: order });
  const all = batch * positions;
  return to.emit('Reshape', [turned, to.integers(order[0] === 1 ? [rows, all] : [all, rows])]);
}

function productOfEachImage(
  to: Lowering,
  g: string,
  columns: string,
  [batch, groups, filters, rows, positions]: readonly [number, number, number, number, number],
): string {
  const right = to.emit('Reshape', [columns, to.integers([batch, groups, rows, positions])]);
  const left = to.emit('Reshape', [g, to.integers([batch, groups, filters, positions])]);
  const products = to.emit('MatMul', [left, to.emit('Transpose', [right], { perm: [0, 1, 3, 2] })]);
  return to.emit('ReduceSum', [products, to.integers([0])], { keepdims: 0 });
}
