// The gradient of a convolution's filters as a convolution: on the CPU, where kernels are large and windows move by strides.
import type { GraphNode, Lowering } from '../graph/tensor.js';
import type { FilterProblem, WithShape } from './convolutionLowering.js';

/** From this many taps on, with strides, one convolution takes less time than moving the input for each of them. */
const manyTaps = 16;

/**
 * The convolution of the input with the gradient, whose steps are as far apart as the strides: dw[m, c, k] = sum over b and p of
 * x[c, b, k + p stride] g[m, b, p]. What were images are its channels.
 */
export function convolutionOverBatch(
  to: Lowering,
  x: string,
  g: string,
  { attributes: { before, after, strides, dilations }, inputs }: GraphNode<WithShape>,
  { groups, taps, shape, isFew }: FilterProblem,
): string | undefined {
  if (groups > 1 || taps < manyTaps || isFew || strides.some((stride) => stride === 1)) return undefined;
  const [space, out] = inputs.map((tensor) => tensor.shape.slice(2) as number[]) as [number[], number[]];
  // Without what the strides leave over at the end; where that is part of the input itself, it would have to be cut off.
  const reached = out.map(
    (size, axis) => (size - 1) * strides[axis]! + dilations[axis]! * (shape[axis + 2]! - 1) + 1,
  );
  const behind = reached.map((end, axis) => end - before[axis]! - space[axis]!);
  if (behind.some((count, axis) => count < 0 || count > after[axis]!)) return undefined;
  const perm = [1, 0, ...space.map((_, axis) => axis + 2)];
  const [images, filters] = [x, g].map((tensor) => to.emit('Transpose', [tensor], { perm }));
  const attributes = { pads: [...before, ...behind], strides: dilations, dilations: strides, group: 1 };
  return to.emit('Transpose', [to.emit('Conv', [images!, filters!], attributes)], { perm });
}
