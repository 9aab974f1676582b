// How ONNX says where a window lies, for convolutions and pools.
import type { Dimension } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import type { NodeCall } from '../nodeCall.js';

export interface WindowSettings {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** @throws Error unless all are whole numbers of at least `least`, one an axis */
export function requireList(
  values: readonly number[],
  axes: number,
  name: string,
  least: number,
): readonly number[] {
  if (values.length === axes && values.every((value) => Number.isSafeInteger(value) && value >= least))
    return values;
  throw new Error(
    `its attribute '${name}' is [${values.join(', ')}]; expected ${axes} whole numbers of at least ${least}`,
  );
}

/** The window of a node over the spatial axes of `x`. */
export function windowOf(call: NodeCall, x: Tensor, filter?: readonly number[]): WindowSettings {
  const axes = x.rank - 2;
  if (axes < 1) throw new Error(`its input is ${x}, but [batch, channels, ..space] is expected`);
  const list = (name: string, otherwise: number, least: number): readonly number[] =>
    requireList(call.floats(name, new Array<number>(axes).fill(otherwise)), axes, name, least);
  const kernel = requireList(call.floats('kernel_shape', filter), axes, 'kernel_shape', 1);
  const [strides, dilations] = [list('strides', 1, 1), list('dilations', 1, 1)];
  const pads = requireList(call.floats('pads', new Array<number>(2 * axes).fill(0)), 2 * axes, 'pads', 0);
  const auto = call.text('auto_pad', 'NOTSET');
  const settings = { kernel, strides, dilations };
  if (auto === 'NOTSET') return { ...settings, before: pads.slice(0, axes), after: pads.slice(axes) };
  const none = kernel.map(() => 0);
  if (auto === 'VALID') return { ...settings, before: none, after: none };
  const added = x.shape.slice(2).map((size, axis) => samePadding(size, settings, axis));
  const [less, more] = [
    added.map((count) => Math.floor(count / 2)),
    added.map((count) => Math.ceil(count / 2)),
  ];
  return auto === 'SAME_LOWER'
    ? { ...settings, before: more, after: less }
    : { ...settings, before: less, after: more };
}

/** What must be added along an axis so that there is a window for every stride. */
function samePadding(
  size: Dimension,
  { kernel, strides, dilations }: Pick<WindowSettings, 'kernel' | 'strides' | 'dilations'>,
  axis: number,
): number {
  const reach = dilations[axis]! * (kernel[axis]! - 1) + 1;
  const stride = strides[axis]!;
  if (typeof size === 'number') return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  if (stride === 1) return reach - 1;
  throw new Error(
    `its padding depends on '${size}', which is open; give importOnnx the option sizes: { '${size}': ... }`,
  );
}
