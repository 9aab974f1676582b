import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { convolution } from '../../primitives/index.js';
import { type Activation, activate, checkActivation } from '../activations.js';
import { knownSize, requireSpace, requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { type InitializerConfig, initializer, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer, type LayerSample } from '../registry.js';
import { checkWindow, perAxis, type Sizes, type WindowOptions, windowOver } from './window.js';

export interface FilterOptions extends WindowOptions {
  /** Applied to the result. Default: none. */
  readonly activation?: Activation;
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean;
  /** How the filters start. Default: 'glorotUniform'. */
  readonly initializer?: InitializerConfig;
}

export interface ConvolutionOptions extends FilterOptions {
  /** Into how many groups the channels are cut, each with filters of its own. Default: 1. */
  readonly groups?: number;
}

type Config = ConvolutionOptions & { readonly filters: number; readonly kernelSize: Sizes };
type DepthwiseConfig = FilterOptions & { readonly kernelSize: Sizes; readonly multiplier?: number };

/** The rule of every convolution layer. */
function convolve(
  context: Context,
  x: Tensor,
  { filters, kernelSize, groups = 1, ...options }: Config,
  axes: number,
): Tensor {
  const kernel = perAxis(kernelSize, axes);
  const channels = knownSize(x, 1, 'the number of channels');
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new TypeError(
      `${channels} channels and ${filters} filters do not both divide into ${groups} groups.`,
    );
  }
  const space = x.shape.slice(2);
  const weight = context.parameter(
    'weight',
    [filters, channels / groups, ...kernel],
    initializer(options.initializer ?? 'glorotUniform'),
  );
  const bias = (options.bias ?? true) ? context.parameter('bias', [filters], zeros) : undefined;
  const window = windowOver(x.shape, kernel, { strides: 1, ...options });
  for (const [axis, size] of space.entries()) {
    const padded =
      typeof size === 'number' ? size + window.before[axis]! + window.after[axis]! : Number.POSITIVE_INFINITY;
    const reach = window.dilations[axis]! * (kernel[axis]! - 1) + 1;
    if (padded < reach) {
      throw new TypeError(
        `a kernel of ${formatShape(kernel)} reaches over ${reach} values, but ${formatShape(space)} has ${padded} with its padding. Use padding: 'same', a smaller kernel, or fewer pools before it.`,
      );
    }
  }
  return activate(convolution(x, weight, { ...window, groups }, bias), options.activation);
}

const make1d = defineLayer<Config>({
  type: 'conv1d',
  call(context, config, x) {
    requireSpace(x!, 1);
    return convolve(context, x!, config, 1);
  },
  samples: () => [
    {
      name: 'conv1d',
      config: { filters: 4, kernelSize: 3, activation: 'tanh' },
      inputs: [spread([2, 3, 8])],
    },
    {
      name: 'conv1d same strides',
      config: { filters: 2, kernelSize: 4, strides: 2, padding: 'same' },
      inputs: [spread([2, 2, 7])],
    },
  ],
});

const conv2dSamples: Record<string, Config & { readonly x: readonly number[] }> = {
  conv2d: { filters: 3, kernelSize: 3, activation: 'relu', x: [2, 2, 5, 6] },
  'conv2d one image': { filters: 2, kernelSize: 3, x: [1, 1, 3, 3] },
  'conv2d same': { filters: 2, kernelSize: [3, 2], padding: 'same', bias: false, x: [2, 2, 5, 4] },
  'conv2d same strides': { filters: 2, kernelSize: 3, strides: 2, padding: 'same', x: [1, 2, 6, 5] },
  'conv2d padding number': { filters: 2, kernelSize: 3, strides: [2, 1], padding: 1, x: [1, 2, 5, 4] },
  'conv2d padding each side': {
    filters: 2,
    kernelSize: 2,
    padding: [
      [0, 1],
      [2, 1],
    ],
    x: [1, 2, 3, 4],
  },
  'conv2d dilation': { filters: 2, kernelSize: 2, dilation: 2, x: [1, 2, 5, 5] },
  'conv2d groups': { filters: 4, kernelSize: 3, groups: 2, padding: 1, x: [2, 4, 4, 4] },
};

const make2d = defineLayer<Config>({
  type: 'conv2d',
  call(context, config, x) {
    requireSpace(x!, 2);
    return convolve(context, x!, config, 2);
  },
  samples: () =>
    Object.entries(conv2dSamples).map(
      ([name, { x, ...config }]): LayerSample<Config> => ({ name, config, inputs: [spread(x)] }),
    ),
});

const makeDepthwise = defineLayer<DepthwiseConfig>({
  type: 'depthwiseConv2d',
  call(context, { multiplier = 1, ...config }, x) {
    requireSpace(x!, 2);
    const channels = knownSize(x!, 1, 'the number of channels');
    return convolve(context, x!, { ...config, filters: channels * multiplier, groups: channels }, 2);
  },
  samples: () => [
    { name: 'depthwiseConv2d', config: { kernelSize: 3, padding: 'same' }, inputs: [spread([2, 3, 4, 4])] },
    {
      name: 'depthwiseConv2d multiplier',
      config: { kernelSize: 2, multiplier: 2, strides: 2 },
      inputs: [spread([1, 2, 4, 5])],
    },
  ],
});

/**
 * A convolution over sequences: y[b, f, t] = bias[f] + Σ weight[f, c, k] x[b, c, t stride + k dilation].
 *
 * Input [batch, channels, length], output [batch, filters, length out], where length out =
 * floor((length + padding - dilation (kernelSize - 1) - 1) / stride) + 1. Parameters: weight
 * [filters, channels / groups, kernelSize], bias [filters], zeros.
 * @param filters number of output channels
 * @param kernelSize length of the window
 * @throws RangeError for sizes that are not whole numbers of at least 1
 */
export function conv1d(filters: number, kernelSize: Sizes, options: ConvolutionOptions = {}): Layer {
  checkFilters('conv1d', 1, filters, kernelSize, options);
  return make1d({ filters, kernelSize, ...options });
}

/**
 * A convolution over images: y[b, f, i, j] = bias[f] + Σ weight[f, c, k, l] x[b, c, i stride + k dilation, j stride + l dilation]
 * (LeCun et al., 1989; a cross-correlation, as everywhere in the field).
 *
 * Input [batch, channels, height, width], output [batch, filters, height out, width out], where each size out =
 * floor((size + padding - dilation (kernelSize - 1) - 1) / stride) + 1. Parameters: weight
 * [filters, channels / groups, kernel height, kernel width], Glorot uniform; bias [filters], zeros.
 * @param filters number of output channels
 * @param kernelSize one number, or [height, width]
 * @throws RangeError for sizes that are not whole numbers of at least 1
 */
export function conv2d(filters: number, kernelSize: Sizes, options: ConvolutionOptions = {}): Layer {
  checkFilters('conv2d', 2, filters, kernelSize, options);
  return make2d({ filters, kernelSize, ...options });
}

/**
 * A convolution that keeps the channels apart: each has `multiplier` filters of its own (Chollet, 2017).
 *
 * Input [batch, channels, height, width], output [batch, channels multiplier, height out, width out]. Parameters: weight
 * [channels multiplier, 1, kernel height, kernel width], bias [channels multiplier].
 * @throws RangeError for sizes that are not whole numbers of at least 1
 */
export function depthwiseConv2d(
  kernelSize: Sizes,
  options: FilterOptions & { readonly multiplier?: number } = {},
): Layer {
  checkFilters('depthwiseConv2d', 2, options.multiplier ?? 1, kernelSize, options);
  return makeDepthwise({ kernelSize, ...options });
}

function checkFilters(
  who: string,
  axes: number,
  filters: number,
  kernelSize: Sizes,
  options: ConvolutionOptions,
): void {
  requireWhole(who, who === 'depthwiseConv2d' ? 'multiplier' : 'filters', filters);
  requireWhole(who, 'groups', options.groups ?? 1);
  checkWindow(who, axes, 'kernelSize', kernelSize, options);
  checkActivation(who, options.activation);
}
