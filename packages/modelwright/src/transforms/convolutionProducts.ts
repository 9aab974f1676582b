// Convolutions over few positions as matrix products over the whole batch.
//
// ONNX Runtime's CPU convolution takes one image at a time. Where an image has only a handful of positions and the filters are
// large, as in the last stages of a ResNet, that is a series of thin products, each reading all the weights anew. Laid out over
// the batch they are one good product. With S the constant matrix that spreads the pixels of an image over the taps of the
// kernel at every position,
//
//   columns = x S,   y = W columns,   dW = g columns^T,   dx = (W^T g) S^T,
//
// and the columns of the forward pass serve the backward pass too.
import { NdArray, sizeOf } from '../graph/array.js';
import { type Graph, rebuild } from '../graph/graph.js';
import { stridesOf } from '../graph/shape.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import { add, type ConvolutionAttributes, constant, reshape, transpose } from '../primitives/index.js';
import { product } from '../primitives/matmul.js';
import { convolutionShapes } from './convolutionShapes.js';

/** Above this many positions an image fills the processor by itself. */
const fewPositions = 16;
/** The largest matrix S, in elements. */
const largestSpread = 20_000;

/** Rewrites the convolutions, and the gradients of convolutions, that are better off as matrix products. */
export function convolutionsAsProducts(graph: Graph): Graph {
  const spreads = new Map<string, Tensor>();
  return rebuild(graph, (node, inputs) => {
    const problem = problemOf(node);
    if (!problem) return undefined;
    const { spread, batch, channels, filters, rows, taps, positions } = problem;
    // One constant for the three that belong together, so that they share their columns.
    const s = spreads.get(problem.key) ?? constant(spread());
    spreads.set(problem.key, s);
    /** [batch, rows, positions] to [rows, batch * positions] and back. */
    const overBatch = (x: Tensor, size: number): Tensor =>
      reshape(transpose(reshape(x, [batch, size, positions]), [1, 0, 2]), [size, batch * positions]);
    const byImage = (x: Tensor, size: number): Tensor =>
      transpose(reshape(x, [size, batch, positions]), [1, 0, 2]);
    const columnsOf = (x: Tensor): Tensor => overBatch(product(reshape(x, [batch * channels, -1]), s), rows);
    const output = node.outputs[0]!.shape;
    const [first, second, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    switch (node.primitive.name) {
      case 'convolution': {
        const y = reshape(
          byImage(product(reshape(second, [filters, rows]), columnsOf(first)), filters),
          output,
        );
        return [bias ? add(y, reshape(bias, [filters, ...output.slice(2).map(() => 1)])) : y];
      }
      case 'convolutionFilterGradient':
        return [reshape(product(overBatch(second, filters), columnsOf(first), false, true), output)];
      default: {
        const spreadOut = byImage(
          product(reshape(second, [filters, rows]), overBatch(first, filters), true),
          rows,
        );
        return [
          reshape(product(reshape(spreadOut, [batch * channels, taps * positions]), s, false, true), output),
        ];
      }
    }
  });
}

interface Problem {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly taps: number;
  readonly positions: number;
  /** Rows of the columns: channels times taps. */
  readonly rows: number;
  /** What the matrix S depends on. */
  readonly key: string;
  /** The matrix S, [pixels, taps * positions]. */
  readonly spread: () => NdArray<'float32'>;
}

/** The sizes of a convolution, or of a gradient of one, if it is one to rewrite. */
function problemOf(node: GraphNode): Problem | undefined {
  const shapes = convolutionShapes(node);
  if (!shapes) return undefined;
  const { x, filter, y, window } = shapes;
  const [batch, channels, ...space] = x;
  const [filters, , ...kernel] = filter;
  const [, , ...out] = y;
  const [taps, positions] = [sizeOf(kernel), sizeOf(out)];
  if (batch < 2 || positions > fewPositions || sizeOf(space) * taps * positions > largestSpread)
    return undefined;
  return {
    batch,
    channels,
    filters,
    taps,
    positions,
    rows: channels * taps,
    key: JSON.stringify([space, kernel, out, window.strides, window.before, window.dilations]),
    spread: () => spreadMatrix(space, kernel, out, window),
  };
}

function spreadMatrix(
  space: readonly number[],
  kernel: readonly number[],
  out: readonly number[],
  { strides, before, dilations }: ConvolutionAttributes,
): NdArray<'float32'> {
  const [taps, positions] = [sizeOf(kernel), sizeOf(out)];
  const [spaceStrides, kernelStrides, outStrides] = [stridesOf(space), stridesOf(kernel), stridesOf(out)];
  const matrix = new NdArray('float32', [sizeOf(space), taps * positions]);
  for (let tap = 0; tap < taps; tap++) {
    for (let position = 0; position < positions; position++) {
      const place = space.map((_, axis) => {
        const at = Math.floor(position / outStrides[axis]!) % out[axis]!;
        const k = Math.floor(tap / kernelStrides[axis]!) % kernel[axis]!;
        return at * strides[axis]! - before[axis]! + k * dilations[axis]!;
      });
      if (place.some((p, axis) => p < 0 || p >= space[axis]!)) continue;
      const pixel = place.reduce((total, p, axis) => total + p * spaceStrides[axis]!, 0);
      matrix.data[pixel * taps * positions + tap * positions + position] = 1;
    }
  }
  return matrix;
}
