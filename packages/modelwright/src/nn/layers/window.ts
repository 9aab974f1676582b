// What convolutions and pools have in common: a window that moves over the spatial axes.
import type { Shape } from '../../graph/shape.js';
import type { Window } from '../../primitives/convolution.js';
import { requireWhole } from '../checks.js';

/** One number for every axis of space, or one an axis. */
export type Sizes = number | readonly number[];

/**
 * What is added around the input: nothing ('valid'); as much as makes the output ceil(input / stride) long, the odd one at the
 * end ('same', the rule of TensorFlow and Keras); one number at both ends of every axis; or [before, after] for each axis.
 */
export type Padding = 'valid' | 'same' | number | readonly (readonly [number, number])[];

export interface WindowOptions {
  /** How far the window moves at each step. */
  readonly strides?: Sizes;
  /** What is added around the input. Default: 'valid'. */
  readonly padding?: Padding;
  /** Distance between neighbouring values under the window. Default: 1. */
  readonly dilation?: Sizes;
}

/** One number an axis. */
export const perAxis = (sizes: Sizes, axes: number): readonly number[] =>
  typeof sizes === 'number' ? Array<number>(axes).fill(sizes) : sizes;

/** The window over inputs of this shape [batch, channels, ..space]. @throws TypeError when 'same' padding depends on an open size */
export function windowOver(
  shape: Shape,
  kernel: readonly number[],
  options: WindowOptions & { readonly strides: Sizes },
): Window {
  const axes = kernel.length;
  const strides = perAxis(options.strides, axes);
  const dilations = perAxis(options.dilation ?? 1, axes);
  const pads = kernel.map((size, axis): readonly [number, number] => {
    const { padding = 'valid' } = options;
    if (padding === 'valid') return [0, 0];
    if (typeof padding === 'number') return [padding, padding];
    if (padding !== 'same') return padding[axis]!;
    return samePadding(shape[axis + 2]!, dilations[axis]! * (size - 1) + 1, strides[axis]!);
  });
  return {
    strides,
    dilations,
    before: pads.map(([before]) => before),
    after: pads.map(([, after]) => after),
  };
}

/** The zeros before and after an axis that make ceil(size / stride) windows fit. */
export function samePadding(size: number | string, reach: number, stride: number): [number, number] {
  if (typeof size !== 'number' && stride > 1) {
    throw new TypeError(
      `padding 'same' with strides depends on the size of the input, but '${size}' is open. Give the padding in numbers.`,
    );
  }
  const total =
    typeof size === 'number'
      ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
      : reach - 1;
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** @throws RangeError when an option has the wrong length or is not a whole number in its range */
export function checkWindow(
  who: string,
  axes: number,
  what: string,
  kernel: Sizes,
  options: WindowOptions,
): void {
  const check = (name: string, sizes: Sizes | undefined): void => {
    if (sizes === undefined) return;
    if (typeof sizes !== 'number' && sizes.length !== axes) {
      throw new RangeError(`${who}: ${name} must be one number or ${axes}, but it is [${sizes.join(', ')}].`);
    }
    for (const size of perAxis(sizes, axes)) requireWhole(who, name, size);
  };
  check(what, kernel);
  check('strides', options.strides);
  check('dilation', options.dilation);
  const { padding } = options;
  if (padding === undefined || padding === 'same' || padding === 'valid') return;
  const pairs = typeof padding === 'number' ? [[padding, padding]] : padding;
  if (!Array.isArray(pairs) || (typeof padding !== 'number' && pairs.length !== axes)) {
    const form = Array(axes).fill('[before, after]').join(', ');
    throw new RangeError(
      `${who}: padding must be 'valid', 'same', a number or [${form}], but it is ${JSON.stringify(padding)}.`,
    );
  }
  for (const count of pairs.flat()) requireWhole(who, 'padding', count, 0);
}
