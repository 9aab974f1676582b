// The layer of a Conformer: attention for what lies far apart, a convolution for what lies near, between two half feed-forward networks.
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, cast, expandDimensions, mul, sigmoid, slice, transpose } from '../../primitives/index.js';
import { activations } from '../activations.js';
import { tokenMask } from '../attention.js';
import { knownSize, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { multiHeadAttention } from './attention.js';
import { batchNorm } from './batchNorm.js';
import { conv1d } from './convolution.js';
import { dense } from './dense.js';
import { drop } from './dropout.js';
import { layerNorm } from './normalization.js';
import { paddingSample } from './transformer.js';

export interface ConformerLayerOptions {
  /** Into how many parts attention divides the features. */
  readonly heads: number;
  /** Units of the hidden layer of each feed-forward network. Default: four times the features. */
  readonly hidden?: number;
  /** Steps that the convolution looks at, an odd number: as many before as behind. Default: 15. */
  readonly kernelSize?: number;
  /** How much is dropped in training: of the attention weights and of what each part adds. Default: 0. */
  readonly dropoutRate?: number;
  /** Whether attention turns queries and keys by their position. Default: true. */
  readonly rotary?: boolean;
}

const normalised = (context: Context, name: string, x: Tensor): Tensor =>
  layerNorm().call(context.child(name), x);

/** dense, swish, dense: [batch, time, features] to the same. */
function feedForward(
  context: Context,
  { hidden, dropoutRate = 0 }: ConformerLayerOptions,
  x: Tensor,
): Tensor {
  const width = knownSize(x, 2, 'the number of features');
  const layer = dense(hidden ?? 4 * width, { activation: 'silu' });
  const inner = layer.call(context.child('hidden'), normalised(context, 'norm', x));
  return dense(width).call(context.child('output'), drop(context, inner, dropoutRate));
}

/** A gated linear unit, a convolution of each feature by itself over time, batch normalisation, swish: the same shape. */
function convolution(
  context: Context,
  { kernelSize = 15 }: ConformerLayerOptions,
  x: Tensor,
  mask: Tensor | undefined,
): Tensor {
  const width = knownSize(x, 2, 'the number of features');
  const both = dense(2 * width).call(context.child('gate'), normalised(context, 'norm', x));
  const gated = mul(slice(both, 2, 0, width), sigmoid(slice(both, 2, width)));
  const seen = mask ? mul(gated, expandDimensions(cast(tokenMask(mask), gated.dtype), 2)) : gated;
  const depthwise = conv1d(width, kernelSize, { groups: width, padding: 'same', bias: false });
  const near = depthwise.call(context.child('depthwise'), transpose(seen, [0, 2, 1]));
  const active = activations.silu(batchNorm().call(context.child('batchNorm'), near));
  return dense(width).call(context.child('output'), transpose(active, [0, 2, 1]));
}

const make = defineLayer<ConformerLayerOptions>({
  type: 'conformerLayer',
  call(context, options, input, mask) {
    const { heads, rotary = true, dropoutRate = 0 } = options;
    let x = input!;
    const plus = (part: Tensor, share = 1): Tensor => {
      const dropped = drop(context, part, dropoutRate);
      return add(x, share === 1 ? dropped : mul(dropped, share));
    };
    x = plus(feedForward(context.child('before'), options, x), 0.5);
    const attention = multiHeadAttention(heads, { rotary, dropoutRate });
    const attended = [normalised(context, 'attentionNorm', x), ...(mask ? [mask] : [])];
    x = plus(attention.call(context.child('attention'), ...attended));
    x = plus(convolution(context.child('convolution'), options, x, mask));
    x = plus(feedForward(context.child('after'), options, x), 0.5);
    return normalised(context, 'norm', x);
  },
  samples: () => {
    const x = spread([2, 3, 4]);
    const small = { heads: 2, hidden: 5, kernelSize: 3 } as const;
    return [
      { name: 'conformerLayer', config: { ...small, rotary: false }, inputs: [x] },
      {
        name: 'conformerLayer mask',
        config: { ...small, heads: 1, rotary: false },
        inputs: [x, paddingSample()],
      },
      { name: 'conformerLayer training', config: { ...small, rotary: false }, inputs: [x], training: true },
      {
        name: 'conformerLayer rotary',
        config: small,
        inputs: [x],
        noFixture: 'PyTorch has no rotary attention; rotaryPositions has a fixture',
      },
      {
        name: 'conformerLayer dropout',
        config: { ...small, dropoutRate: 0.2 },
        inputs: [x],
        training: true,
        noFixture: 'the masks come from random numbers of our own',
      },
    ];
  },
});

/**
 * The layer of a Conformer (Gulati et al., 2020): x + half a feed-forward network, + attention, + a convolution, + half a feed-forward
 * network, then layer normalisation. Each part begins with one of its own; the convolution is a gated linear unit, a depthwise
 * convolution over time, batch normalisation and swish between two dense layers. Positions are told by turning queries and keys (Su et
 * al., 2021), where the paper has relative encodings.
 *
 * Inputs: [batch, time, features]; then, if there is padding, a mask [batch, time] of what is seen, bool or numbers of which 0 is padding.
 * Output [batch, time, features]. Parameters: before and after (norm, hidden, output), attentionNorm, attention, convolution (norm, gate,
 * depthwise, batchNorm, output), norm.
 * @throws RangeError for an option outside its range, or an even kernelSize
 */
export function conformerLayer(options: ConformerLayerOptions): Layer {
  const { heads, hidden = 1, kernelSize = 15, dropoutRate = 0 } = options;
  for (const [name, value] of Object.entries({ heads, hidden, kernelSize }))
    requireWhole('conformerLayer', name, value);
  if (kernelSize % 2 === 0)
    throw new RangeError(`conformerLayer: kernelSize is ${kernelSize}; expected an odd number.`);
  requireWithin('conformerLayer', 'dropoutRate', dropoutRate, 0, 1);
  return make(options);
}
