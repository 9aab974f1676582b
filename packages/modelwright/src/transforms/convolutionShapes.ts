import { isStatic, type Shape } from '../graph/shape.js';
import type { GraphNode } from '../graph/tensor.js';
import type { ConvolutionAttributes } from '../primitives/index.js';

type Sizes = readonly [number, number, ...number[]];

/** What a convolution and its two gradients have in common. */
export interface ConvolutionShapes {
  /** [batch, channels, ..space] */
  readonly x: Sizes;
  /** [filters, channels, ..kernel] */
  readonly filter: Sizes;
  /** [batch, filters, ..out] */
  readonly y: Sizes;
  readonly window: ConvolutionAttributes;
}

/** The shapes of a convolution, or of the convolution that a node is a gradient of, if it is one of float32 in one group, its sizes known. */
export function convolutionShapes({
  primitive,
  inputs,
  outputs,
  attributes,
}: GraphNode): ConvolutionShapes | undefined {
  const tensors = {
    convolution: [inputs[0], inputs[1], outputs[0]],
    convolutionInputGradient: [outputs[0], inputs[1], inputs[0]],
    convolutionFilterGradient: [inputs[0], outputs[0], inputs[1]],
  }[primitive.name];
  if (!tensors) return undefined;
  const window = attributes as ConvolutionAttributes;
  const [x, filter, y] = tensors.map((tensor) => tensor!.shape) as [Shape, Shape, Shape];
  if (window.groups !== 1 || inputs[0]!.dtype !== 'float32') return undefined;
  if (!isStatic(x) || !isStatic(filter) || !isStatic(y)) return undefined;
  return { x: x as Sizes, filter: filter as Sizes, y: y as Sizes, window };
}
