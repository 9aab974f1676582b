// For tests: a small convolutional network for digits and one step of its training, in primitives alone.
import { NdArray } from '../graph/array.js';
import type { Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import {
  add,
  cast,
  convolution,
  div,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  neg,
  oneHot,
  relu,
  reshape,
  sqrt,
  square,
  sub,
  sum,
} from '../primitives/index.js';
import { gradients } from '../transforms/grad.js';

const shapes = [
  [32, 1, 3, 3],
  [32],
  [64, 32, 3, 3],
  [64],
  [64, 64, 3, 3],
  [64],
  [576, 64],
  [64],
  [64, 10],
  [10],
];

/** Parameters from a fixed low-discrepancy sequence, as wide as He's initialisation asks; biases are zeros. */
export function digitParameters(): NdArray[] {
  return shapes.map((shape, position) => {
    if (shape.length === 1) return new NdArray('float32', shape);
    const fanIn = shape.length === 2 ? shape[0]! : shape.slice(1).reduce((a, b) => a * b);
    const bound = Math.sqrt(6 / fanIn);
    return spread(shape, -bound, bound, 0.1 * position);
  });
}

/** Adam's moments before the first step. */
export function digitMoments(): NdArray[] {
  return [...shapes, ...shapes].map((shape) => new NdArray('float32', shape));
}

/** Images uint8 [batch, 1, 28, 28] to logits [batch, 10]. */
export function digitLogits(parameters: readonly Tensor[], images: Tensor): Tensor {
  const [filter1, bias1, filter2, bias2, filter3, bias3, weight1, offset1, weight2, offset2] =
    parameters as Tensor[];
  const window = { strides: [1, 1], before: [0, 0], after: [0, 0], dilations: [1, 1], groups: 1 };
  const pool = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0] };
  const x = div(cast(images, 'float32'), 255);
  const first = maxPool(relu(convolution(x, filter1!, window, bias1)), pool);
  const second = maxPool(relu(convolution(first, filter2!, window, bias2)), pool);
  const third = relu(convolution(second, filter3!, window, bias3));
  const hidden = relu(add(matmul(reshape(third, [images.shape[0]!, 576]), weight1!), offset1!));
  return add(matmul(hidden, weight2!), offset2!);
}

/** One step of Adam (without bias correction) on the mean cross-entropy: the loss, the parameters, the moments. */
export function digitStep(
  parameters: Tensor[],
  moments: Tensor[],
  images: Tensor,
  labels: Tensor,
): [Tensor, Tensor[], Tensor[]] {
  const logits = digitLogits(parameters, images);
  const loss = neg(mean(sum(mul(logSoftmax(logits), oneHot(labels, 10)), -1)));
  const found = gradients(loss, parameters);
  const count = parameters.length;
  const first = found.map((g, i) => add(mul(moments[i]!, 0.9), mul(g, 0.1)));
  const second = found.map((g, i) => add(mul(moments[count + i]!, 0.99), mul(square(g), 0.01)));
  const updated = parameters.map((p, i) => sub(p, mul(div(first[i]!, add(sqrt(second[i]!), 1e-4)), 1e-3)));
  return [loss, updated, [...first, ...second]];
}
