import { sizeOf } from '../../graph/array.js';
import { isFloat } from '../../graph/dtype.js';
import { stridesOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  averagePool,
  cast,
  convolution,
  max,
  maximum,
  maxPool,
  mean,
  mul,
  padAll,
  reshape,
  slice,
} from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown } from '../nodeCall.js';
import { table } from '../openDimensions.js';
import { type WindowSettings, windowOf } from './windows.js';

/** With ceil_mode windows may reach over the end: as much more padding behind. */
function roundedUp(call: NodeCall, x: Tensor, window: WindowSettings): WindowSettings {
  if (call.integer('ceil_mode', 0) === 0) return window;
  const space = requireKnown(x.shape.slice(2), 'what is pooled with ceil_mode');
  const after = window.after.map((count, axis) => {
    const [stride, start] = [window.strides[axis]!, window.before[axis]!];
    const reach = window.dilations[axis]! * (window.kernel[axis]! - 1) + 1;
    const whole = space[axis]! + start + count;
    let windows = Math.ceil((whole - reach) / stride) + 1;
    if ((windows - 1) * stride >= space[axis]! + start) windows -= 1;
    return Math.max(count, (windows - 1) * stride + reach - space[axis]! - start);
  });
  return { ...window, after };
}

function maxPooled(call: NodeCall): Tensor {
  const x = call.tensor(0);
  call.refuseOutput(1, 'the indices');
  const { dilations, ...window } = roundedUp(call, x, windowOf(call, x));
  const floats = isFloat(x.dtype) ? x : cast(x, 'float32');
  const y = dilations.every((step) => step === 1)
    ? maxPool(floats, window)
    : dilatedMaxPool(floats, { dilations, ...window });
  return cast(y, x.dtype);
}

/** More elements than this under one window are not unrolled. */
const mostTaps = 256;

/** The largest of one slice for each element of the window. */
function dilatedMaxPool(x: Tensor, { kernel, strides, dilations, before, after }: WindowSettings): Tensor {
  const taps = sizeOf(kernel);
  if (taps > mostTaps) throw new Error(`a window of ${taps} elements with dilations is not supported`);
  const counts = [[0, 0], [0, 0], ...before.map((count, axis) => [count, after[axis]!])];
  const padded = padAll(x, counts, -3.4e38);
  const space = requireKnown(padded.shape.slice(2), 'what is pooled with dilations');
  const tapStrides = stridesOf(kernel);
  const slices = Array.from({ length: taps }, (_, tap) =>
    kernel.reduce<Tensor>((y, size, axis) => {
      const reach = dilations[axis]! * (size - 1);
      const start = (Math.floor(tap / tapStrides[axis]!) % size) * dilations[axis]!;
      return slice(y, axis + 2, start, start + space[axis]! - reach, strides[axis]!);
    }, padded),
  );
  return slices.reduce(maximum);
}

/** How many elements that count each window along one axis has. */
function counts(
  size: number,
  window: WindowSettings,
  padded: WindowSettings,
  axis: number,
  all: boolean,
): number[] {
  const [stride, start, step, taps] = [window.strides, window.before, window.dilations, window.kernel].map(
    (list) => list[axis]!,
  ) as [number, number, number, number];
  const reach = step * (taps - 1) + 1;
  const windows = Math.floor((size + start + padded.after[axis]! - reach) / stride) + 1;
  const [first, last] = all ? [-start, size + window.after[axis]!] : [0, size];
  return Array.from({ length: windows }, (_, w) => {
    const places = Array.from({ length: taps }, (_, k) => w * stride - start + k * step);
    return places.filter((place) => place >= first && place < last).length;
  });
}

/** The mean over each window: the sum, zeros outside included, over the number of elements that count. */
function averagePooled(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const window = windowOf(call, x);
  const padded = roundedUp(call, x, window);
  const all = call.integer('count_include_pad', 0) !== 0;
  const y = windowMeans(x, padded);
  const inside = [...padded.before, ...padded.after].every((count) => count === 0);
  if (inside || (all && padded === window)) return y;
  const space = requireKnown(x.shape.slice(2), 'what is pooled with padding that does not count');
  return space.reduce<Tensor>((value, size, axis) => {
    const factors = counts(size, window, padded, axis, all).map(
      (count) => padded.kernel[axis]! / Math.max(1, count),
    );
    const shape = space.map((_, other) => (other === axis ? factors.length : 1));
    return mul(
      value,
      table(shape, (i) => factors[i]!, x.dtype),
    );
  }, y);
}

function windowMeans(x: Tensor, { dilations, ...window }: WindowSettings): Tensor {
  if (dilations.every((step) => step === 1)) return averagePool(x, window);
  const { kernel, ...moves } = window;
  const [batch, channels, ...space] = requireKnown(x.shape, 'what is pooled with dilations');
  const filter = table([1, 1, ...kernel], () => 1 / sizeOf(kernel), x.dtype);
  const images = reshape(x, [batch! * channels!, 1, ...space]);
  const y = convolution(images, filter, { ...moves, dilations, groups: 1 });
  return reshape(y, [batch!, channels!, ...y.shape.slice(2)]);
}

const spaceOf = (x: Tensor): number[] => x.shape.slice(2).map((_, axis) => axis + 2);

export const poolingOperators = operators({
  AveragePool: averagePooled,
  GlobalAveragePool: (call) => mean(call.tensor(0), spaceOf(call.tensor(0)), true),
  GlobalMaxPool: (call) => max(call.tensor(0), spaceOf(call.tensor(0)), true),
  MaxPool: [maxPooled, 'no output of indices'],
});
