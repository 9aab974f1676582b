import { NdArray } from '../../graph/array.js';
import { formatShape, staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { averagePool, cast, constant, div, maxPool, type PoolingAttributes } from '../../primitives/index.js';
import { requireSpace } from '../checks.js';
import type { Layer } from '../layer.js';
import { defineLayer, type LayerSample } from '../registry.js';
import { checkWindow, type Padding, perAxis, type Sizes, windowOver } from './window.js';

export interface PoolOptions {
  /** How far the window moves at each step. Default: its own size, so that windows lie side by side. */
  readonly strides?: Sizes;
  /** What is added around the input. Default: 'valid'. */
  readonly padding?: Padding;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as values. Default: false, as in Keras and ONNX. */
  readonly countIncludePadding?: boolean;
}

type Config = AveragePoolOptions & { readonly size: Sizes };

function windowOf(x: Tensor, { size, strides = size, padding }: Config, axes: number): PoolingAttributes {
  requireSpace(x, axes);
  const kernel = perAxis(size, axes);
  const {
    before,
    after,
    strides: steps,
  } = windowOver(x.shape, kernel, { strides, ...(padding === undefined ? {} : { padding }) });
  if (kernel.some((width, axis) => before[axis]! >= width || after[axis]! >= width)) {
    throw new TypeError(
      `the padding must be smaller than the window ${formatShape(kernel)}: some windows would hold nothing else.`,
    );
  }
  return { kernel, strides: steps, before, after };
}

const largest = (x: Tensor, config: Config, axes: number): Tensor => maxPool(x, windowOf(x, config, axes));

function average(x: Tensor, config: Config, axes: number): Tensor {
  const window = windowOf(x, config, axes);
  const total = averagePool(x, window);
  const padded = [...window.before, ...window.after].some((count) => count > 0);
  if (!padded || config.countIncludePadding) return total;
  const ones = new NdArray('float32', [
    1,
    1,
    ...staticShape(x.shape.slice(2), 'padding without countIncludePadding'),
  ]);
  ones.data.fill(1);
  return div(total, cast(averagePool(constant(ones), window), x.dtype));
}

function poolingLayer(type: string, axes: number, rule: (x: Tensor, config: Config, axes: number) => Tensor) {
  return defineLayer<Config>({
    type,
    call: (_context, config, x) => rule(x!, config, axes),
    samples(): LayerSample<Config>[] {
      const shape = [2, 2, 5, 6].slice(0, axes + 2);
      return [
        { name: type, config: { size: 2 }, inputs: [spread(shape)] },
        { name: `${type} overlapping`, config: { size: 3, strides: 2, padding: 1 }, inputs: [spread(shape)] },
        {
          name: `${type} same`,
          config: { size: 2, padding: 'same' },
          inputs: [spread([1, 1, 3, 5].slice(0, axes + 2))],
        },
        ...(rule === average
          ? [
              {
                name: `${type} with padding`,
                config: { size: 3, strides: 2, padding: 1, countIncludePadding: true },
                inputs: [spread(shape)],
              },
            ]
          : []),
      ];
    },
  });
}

const makeMax1d = poolingLayer('maxPool1d', 1, largest);
const makeMax2d = poolingLayer('maxPool2d', 2, largest);
const makeAverage1d = poolingLayer('averagePool1d', 1, average);
const makeAverage2d = poolingLayer('averagePool2d', 2, average);

/** The largest value under each window over sequences [batch, channels, length]: see maxPool2d. */
export function maxPool1d(size: Sizes, options: PoolOptions = {}): Layer {
  checkWindow('maxPool1d', 1, 'size', size, options);
  return makeMax1d({ size, ...options });
}

/**
 * The largest value under each window; padding never is. At ties the gradient is shared equally.
 *
 * Input [batch, channels, height, width], output [batch, channels, height out, width out], where each size out =
 * floor((size + padding - window) / stride) + 1.
 * @param size one number, or [height, width] of the window
 * @throws RangeError for sizes that are not whole numbers in their range
 */
export function maxPool2d(size: Sizes, options: PoolOptions = {}): Layer {
  checkWindow('maxPool2d', 2, 'size', size, options);
  return makeMax2d({ size, ...options });
}

/** The mean under each window over sequences [batch, channels, length]: see averagePool2d. */
export function averagePool1d(size: Sizes, options: AveragePoolOptions = {}): Layer {
  checkWindow('averagePool1d', 1, 'size', size, options);
  return makeAverage1d({ size, ...options });
}

/**
 * The mean of the values under each window, padding left out unless `countIncludePadding`.
 *
 * Input [batch, channels, height, width], output [batch, channels, height out, width out], where each size out =
 * floor((size + padding - window) / stride) + 1.
 * @param size one number, or [height, width] of the window
 * @throws RangeError for sizes that are not whole numbers in their range
 */
export function averagePool2d(size: Sizes, options: AveragePoolOptions = {}): Layer {
  checkWindow('averagePool2d', 2, 'size', size, options);
  return makeAverage2d({ size, ...options });
}
