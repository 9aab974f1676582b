import type { Tensor } from '../../graph/tensor.js';
import { add, convolution, convolutionInputGradient, reshape } from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown, requireModest } from '../nodeCall.js';
import { requireList, windowOf } from './windows.js';

function convolve(call: NodeCall): Tensor {
  const [x, filter] = [call.tensor(0), call.tensor(1)];
  const { kernel, ...window } = windowOf(call, x, requireKnown(filter.shape, 'the filters').slice(2));
  if (kernel.join() !== filter.shape.slice(2).join())
    throw new Error(`its kernel_shape is [${kernel.join(', ')}], but its filters are ${filter}`);
  return convolution(x, filter, { ...window, groups: call.integer('group', 1) }, call.optional(2));
}

/** The transpose of a convolution from what this gives to what it is given. */
function convolveTransposed(call: NodeCall): Tensor {
  const [x, filter] = [call.tensor(0), call.tensor(1)];
  const groups = call.integer('group', 1);
  const [inputs, perGroup, ...kernel] = requireKnown(filter.shape, 'the filters');
  const space = requireKnown(x.shape.slice(2), 'height and width');
  if (x.shape[1] !== inputs)
    throw new Error(`its input is ${x}, but its filters ${filter} take ${inputs} channels`);
  const { strides, dilations, ...given } = windowOf(call, x, kernel);
  const zeros = kernel.map(() => 0);
  const extra = requireList(call.floats('output_padding', zeros), kernel.length, 'output_padding', 0);
  const auto = call.text('auto_pad', 'NOTSET');
  const reached = space.map(
    (size, axis) => strides[axis]! * (size - 1) + dilations[axis]! * (kernel[axis]! - 1) + 1 + extra[axis]!,
  );
  let { before, after } = given;
  let out = reached.map((size, axis) => size - before[axis]! - after[axis]!);
  const wanted = call.hasAttribute('output_shape')
    ? requireList(call.floats('output_shape'), kernel.length, 'output_shape', 1)
    : auto.startsWith('SAME')
      ? space.map((size, axis) => size * strides[axis]!)
      : undefined;
  if (wanted) {
    const total = reached.map((size, axis) => Math.max(0, size - wanted[axis]!));
    const [less, more] = [total.map((count) => count >> 1), total.map((count) => count - (count >> 1))];
    [before, after] = auto === 'SAME_UPPER' ? [less, more] : [more, less];
    out = [...wanted];
  }
  if (out.some((size) => size < 1)) throw new Error(`its pads leave an output of [${out.join(', ')}]`);
  const channels = perGroup! * groups;
  requireModest([channels, ...out], 'its output');
  const window = { strides, dilations, before, after, groups };
  const y = convolutionInputGradient(x, filter, [x.shape[0]!, channels, ...out], window);
  const bias = call.optional(2);
  return bias ? add(y, reshape(bias, [channels, ...kernel.map(() => 1)])) : y;
}

export const convolutionOperators = operators({ Conv: convolve, ConvTranspose: convolveTransposed });
