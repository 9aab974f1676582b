// How the gradients of a convolution are said in ONNX. Chosen by measurement; see docs/engine-notes.md.
import type { GraphNode, Lowering } from '../graph/tensor.js';
import type { ConvolutionAttributes } from './convolution.js';
import type { Shape } from '../graph/shape.js';

type WithShape = ConvolutionAttributes & { shape: Shape };

/** ConvTranspose, with what the strides left over as output padding. */
export function lowerInputGradient(to: Lowering, [g, filter]: readonly string[], node: GraphNode<WithShape>): readonly string[] {
  const { strides, before, after, dilations, groups, shape } = node.attributes;
  const kernel = node.inputs[1]!.shape.slice(2) as number[];
  const out = node.inputs[0]!.shape.slice(2) as number[];
  const space = shape.slice(2) as number[];
  const leftOver = space.map((size, axis) => {
    const reached = (out[axis]! - 1) * strides[axis]! + dilations[axis]! * (kernel[axis]! - 1) + 1;
    return size + before[axis]! + after[axis]! - reached;
  });
  const attributes = { strides, dilations, group: groups, pads: [...before, ...after], output_padding: leftOver };
  return [to.emit('ConvTranspose', [g!, filter!], attributes)];
}

/**
 * For each image the windows as columns (im2col by slices), times the gradient, summed over the batch:
 * dw[m, c, k] = sum over batch b and positions p of g[b, m, p] x[b, c, p + k].
 */
export function lowerFilterGradient(to: Lowering, [x, g]: readonly string[], node: GraphNode<WithShape>): readonly string[] {
  const { groups, shape } = node.attributes;
  const [batch, filters, ...out] = node.inputs[1]!.shape as number[];
  const [, perGroup, ...kernel] = shape as number[];
  const positions = out.reduce((a, b) => a * b, 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const columns = imageColumns(to, x!, node);
  if (groups === 1 && positions < fewPositions) {
    // One product over all images: alone, each has too few positions to fill the processor.
    const byTap = to.emit('Reshape', [columns, to.integers([batch!, taps * perGroup!, positions])]);
    const inputs = to.emit('Reshape', [to.emit('Transpose', [byTap], { perm: [0, 2, 1] }), to.integers([batch! * positions, taps * perGroup!])]);
    const gradient = to.emit('Reshape', [g!, to.integers([batch!, filters!, positions])]);
    const outputs = to.emit('Reshape', [to.emit('Transpose', [gradient], { perm: [0, 2, 1] }), to.integers([batch! * positions, filters!])]);
    return [filterShape(to, to.emit('Gemm', [outputs, inputs], { transA: 1 }), filters!, taps, shape as number[])];
  }
  // columns [batch, taps, channels, ..out] -> [batch, groups, taps * perGroup, positions]
  const grouped =
    groups === 1
      ? to.emit('Reshape', [columns, to.integers([batch!, 1, taps * perGroup!, positions])])
      : to.emit('Reshape', [
          to.emit('Transpose', [to.emit('Reshape', [columns, to.integers([batch!, taps, groups, perGroup!, positions])])], {
            perm: [0, 2, 1, 3, 4],
          }),
          to.integers([batch!, groups, taps * perGroup!, positions]),
        ]);
  const rows = to.emit('Reshape', [g!, to.integers([batch!, groups, filters! / groups, positions])]);
  const products = to.extensions
    ? to.emit('FusedMatMul', [rows, grouped], { transB: 1 }, { domain: 'com.microsoft' })
    : to.emit('MatMul', [rows, to.emit('Transpose', [grouped], { perm: [0, 1, 3, 2] })]);
  const total = to.emit('ReduceSum', [products, to.integers([0])], { keepdims: 0 });
  return [filterShape(to, total, filters!, taps, shape as number[])];
}

/** Fewer positions than this in an image, and the products of all images are taken as one. */
const fewPositions = 64;

/** [filters, taps * channels] as [filters, channels, ..kernel]. */
function filterShape(to: Lowering, x: string, filters: number, taps: number, shape: readonly number[]): string {
  const untangled = to.emit('Reshape', [x, to.integers([filters, taps, shape[1]!])]);
  return to.emit('Reshape', [to.emit('Transpose', [untangled], { perm: [0, 2, 1] }), to.integers(shape)]);
}

/** The values under each tap of the kernel at every position: [batch, taps * channels, ..out]. */
function imageColumns(to: Lowering, x: string, node: GraphNode<WithShape>): string {
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
      to.emit('Slice', [padded, to.integers(starts), to.integers(ends), to.integers(axes), to.integers(strides)]),
    );
  };
  visit(0);
  const joined = pieces.length === 1 ? pieces[0]! : to.emit('Concat', pieces, { axis: 1 });
  return joined;
}
