import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, convolutionInputGradient } from '../../primitives/index.js';
import { activate, checkActivation } from '../activations.js';
import { knownSize, requireSpace, requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { initializer, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import type { ConvolutionOptions } from './convolution.js';
import { checkWindow, perAxis, type Sizes, samePadding, windowOver } from './window.js';

export interface ConvolutionTransposeOptions extends ConvolutionOptions {
  /** Values added at the end of each axis of the output, fewer than the stride. Default: 0. Not with padding 'same'. */
  readonly outputPadding?: Sizes;
}

type Config = ConvolutionTransposeOptions & { readonly filters: number; readonly kernelSize: Sizes };

function convolveTransposed(context: Context, x: Tensor, config: Config, axes: number): Tensor {
  requireSpace(x, axes);
  const { filters, kernelSize, groups = 1, outputPadding = 0, padding, activation, bias = true } = config;
  const channels = knownSize(x, 1, 'the number of channels');
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new TypeError(
      `${channels} channels and ${filters} filters do not both divide into ${groups} groups.`,
    );
  }
  const kernel = perAxis(kernelSize, axes);
  const extra = perAxis(outputPadding, axes);
  const weight = context.parameter(
    'weight',
    [channels, filters / groups, ...kernel],
    initializer(config.initializer ?? 'glorotUniform'),
  );
  const plain = windowOver(x.shape, kernel, {
    strides: 1,
    ...config,
    padding: padding === 'same' ? 'valid' : padding,
  });
  const { strides, dilations } = plain;
  const reach = kernel.map((size, axis) => dilations[axis]! * (size - 1) + 1);
  const sizes = x.shape.slice(2).map((_, axis) => knownSize(x, axis + 2, 'the size of each axis of space'));
  const pads = sizes.map((size, axis) =>
    padding === 'same'
      ? samePadding(size * strides[axis]!, reach[axis]!, strides[axis]!)
      : ([plain.before[axis]!, plain.after[axis]!] as const),
  );
  const space = sizes.map((size, axis) => {
    if (padding === 'same') return size * strides[axis]!;
    const [before, after] = pads[axis]!;
    return (size - 1) * strides[axis]! + reach[axis]! - before - after + extra[axis]!;
  });
  if (space.some((size) => size < 1))
    throw new TypeError(`the padding leaves an output of ${formatShape(space)}.`);
  const window = {
    strides,
    dilations,
    before: pads.map(([before]) => before),
    after: pads.map(([, after]) => after),
    groups,
  };
  const y = convolutionInputGradient(x, weight, [x.shape[0]!, filters, ...space], window);
  if (!bias) return activate(y, activation);
  const shift = context.parameter('bias', [filters], zeros).reshape([filters, ...space.map(() => 1)]);
  return activate(add(y, shift), activation);
}

const make1d = defineLayer<Config>({
  type: 'convTranspose1d',
  call: (context, config, x) => convolveTransposed(context, x!, config, 1),
  samples: () => [
    {
      name: 'convTranspose1d',
      config: { filters: 3, kernelSize: 3, strides: 2, padding: 1, outputPadding: 1 },
      inputs: [spread([2, 2, 4])],
    },
  ],
});

const make2d = defineLayer<Config>({
  type: 'convTranspose2d',
  call: (context, config, x) => convolveTransposed(context, x!, config, 2),
  samples: () => [
    {
      name: 'convTranspose2d',
      config: { filters: 3, kernelSize: 3, activation: 'sigmoid' },
      inputs: [spread([2, 2, 3, 4])],
    },
    {
      name: 'convTranspose2d strides',
      config: {
        filters: 4,
        kernelSize: [3, 2],
        strides: 2,
        padding: 1,
        outputPadding: [1, 0],
        groups: 2,
        bias: false,
      },
      inputs: [spread([1, 4, 3, 3])],
    },
    {
      name: 'convTranspose2d same',
      config: { filters: 2, kernelSize: 4, strides: 2, padding: 'same' },
      inputs: [spread([1, 2, 3, 2])],
    },
  ],
});

/** A transposed convolution over sequences, [batch, channels, length]: see convTranspose2d. */
export function convTranspose1d(
  filters: number,
  kernelSize: Sizes,
  options: ConvolutionTransposeOptions = {},
): Layer {
  checkOptions('convTranspose1d', 1, filters, kernelSize, options);
  return make1d({ filters, kernelSize, ...options });
}

/**
 * A transposed convolution over images: the gradient of a convolution with respect to its input, used to enlarge
 * (Zeiler et al., 2010).
 *
 * Input [batch, channels, height, width], output [batch, filters, height out, width out], where each size out =
 * (size - 1) stride + dilation (kernelSize - 1) + 1 - padding + outputPadding, or size stride with padding 'same'. Parameters:
 * weight [channels, filters / groups, kernel height, kernel width] (PyTorch's order), Glorot uniform; bias [filters], zeros.
 * @throws RangeError for sizes that are not whole numbers in their range
 */
export function convTranspose2d(
  filters: number,
  kernelSize: Sizes,
  options: ConvolutionTransposeOptions = {},
): Layer {
  checkOptions('convTranspose2d', 2, filters, kernelSize, options);
  return make2d({ filters, kernelSize, ...options });
}

function checkOptions(
  who: string,
  axes: number,
  filters: number,
  kernelSize: Sizes,
  options: ConvolutionTransposeOptions,
): void {
  requireWhole(who, 'filters', filters);
  requireWhole(who, 'groups', options.groups ?? 1);
  checkWindow(who, axes, 'kernelSize', kernelSize, options);
  checkActivation(who, options.activation);
  const strides = perAxis(options.strides ?? 1, axes);
  for (const [axis, extra] of perAxis(options.outputPadding ?? 0, axes).entries()) {
    requireWhole(who, 'outputPadding', extra, 0);
    if (extra > 0 && (options.padding === 'same' || extra >= strides[axis]!)) {
      throw new RangeError(
        `${who}: outputPadding ${extra} must be below the stride, ${strides[axis]}, and needs padding in numbers.`,
      );
    }
  }
}
