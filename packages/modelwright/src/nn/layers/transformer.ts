// The layers of a Transformer: attention and a feed-forward network, each with a shortcut around it and a normalisation.
import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add } from '../../primitives/index.js';
import { type Activation, checkActivation } from '../activations.js';
import { knownSize, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import type { InitializerConfig } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { multiHeadAttention } from './attention.js';
import { dense } from './dense.js';
import { drop } from './dropout.js';
import { layerNorm } from './normalization.js';

export interface TransformerLayerOptions {
  /** Into how many parts attention divides the features. */
  readonly heads: number;
  /** Units of the feed-forward network's hidden layer. Default: four times the features. */
  readonly hidden?: number;
  /** The feed-forward network's activation. Default: 'gelu'. */
  readonly activation?: Activation;
  /** How much is dropped in training: of the attention weights and of what each part adds. Default: 0. */
  readonly dropoutRate?: number;
  /**
   * Where the normalisation stands: 'pre', before each part (Xiong et al., 2020), or 'post', after each sum (Vaswani et al.,
   * 2017). Default: 'pre'.
   */
  readonly norm?: 'pre' | 'post';
  /** Whether attention turns queries and keys by their position. Default: false. */
  readonly rotary?: boolean;
  /** Whether products and normalisations have biases. Default: true. */
  readonly bias?: boolean;
  /** How the weights start. Default: 'glorotUniform'. */
  readonly initializer?: InitializerConfig;
  /** How the weights start whose product is added to the shortcut. Default: as the others. */
  readonly outputInitializer?: InitializerConfig;
}

export interface TransformerEncoderLayerOptions extends TransformerLayerOptions {
  /** Whether a position sees only itself and those before it. Default: false. */
  readonly causal?: boolean;
}

/** x + part(x), normalised before the part or after the sum. */
function around(
  context: Context,
  { norm = 'pre', dropoutRate = 0 }: TransformerLayerOptions,
  name: string,
  x: Tensor,
  part: (x: Tensor) => Tensor,
): Tensor {
  const normalise = (value: Tensor): Tensor => layerNorm().call(context.child(`${name}Norm`), value);
  const added = (value: Tensor): Tensor => drop(context, part(value), dropoutRate);
  return norm === 'pre' ? add(x, added(normalise(x))) : normalise(add(x, added(x)));
}

function attention(
  context: Context,
  name: string,
  options: TransformerEncoderLayerOptions & { readonly cross?: boolean },
  inputs: readonly (Tensor | undefined)[],
): Tensor {
  const { heads, dropoutRate, bias, initializer, outputInitializer, causal, cross, rotary } = options;
  const given = { dropoutRate, bias, initializer, outputInitializer, causal, cross, rotary };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const layer = multiHeadAttention(heads, Object.fromEntries(present));
  return layer.call(context.child(name), ...inputs.filter((input) => input !== undefined));
}

function feedForward(context: Context, options: TransformerLayerOptions, x: Tensor): Tensor {
  const width = knownSize(x, 2, 'the number of features');
  const { hidden = 4 * width, activation = 'gelu', bias = true, dropoutRate = 0 } = options;
  const { initializer = 'glorotUniform', outputInitializer = initializer } = options;
  const inner = dense(hidden, { activation, bias, initializer }).call(context.child('hidden'), x);
  const outer = dense(width, { bias, initializer: outputInitializer });
  return outer.call(context.child('output'), drop(context, inner, dropoutRate));
}

const makeEncoder = defineLayer<TransformerEncoderLayerOptions>({
  type: 'transformerEncoderLayer',
  call(context, options, x, mask) {
    const attended = around(context, options, 'attention', x!, (value) =>
      attention(context, 'attention', options, [value, mask]),
    );
    return around(context, options, 'feedForward', attended, (value) =>
      feedForward(context.child('feedForward'), options, value),
    );
  },
  samples: () => {
    const x = spread([2, 3, 4]);
    return [
      { name: 'transformerEncoderLayer', config: { heads: 2, hidden: 6 }, inputs: [x] },
      {
        name: 'transformerEncoderLayer post mask',
        config: { heads: 2, hidden: 5, activation: 'tanh', norm: 'post' },
        inputs: [x, paddingSample()],
      },
      { name: 'transformerEncoderLayer causal', config: { heads: 1, causal: true }, inputs: [x] },
      {
        name: 'transformerEncoderLayer dropout',
        config: { heads: 1, dropoutRate: 0.2 },
        inputs: [x],
        training: true,
        noFixture: 'the masks come from random numbers of our own',
      },
    ];
  },
});

const makeDecoder = defineLayer<TransformerLayerOptions>({
  type: 'transformerDecoderLayer',
  call(context, options, x, memory, memoryMask) {
    const own = around(context, options, 'attention', x!, (value) =>
      attention(context, 'attention', { ...options, causal: true }, [value]),
    );
    const crossed = around(context, options, 'cross', own, (value) =>
      attention(context, 'cross', { ...options, rotary: false, cross: true }, [value, memory, memoryMask]),
    );
    return around(context, options, 'feedForward', crossed, (value) =>
      feedForward(context.child('feedForward'), options, value),
    );
  },
  samples: () => {
    const inputs = [spread([2, 2, 4]), spread([2, 3, 4], -1, 1), paddingSample()];
    return [
      { name: 'transformerDecoderLayer', config: { heads: 2, hidden: 6 }, inputs },
      {
        name: 'transformerDecoderLayer post',
        config: { heads: 2, hidden: 6, activation: 'tanh', norm: 'post' },
        inputs: inputs.slice(0, 2),
      },
    ];
  },
});

/** For samples: a mask [2, 3] whose first row ends with padding. */
export function paddingSample(): NdArray {
  return NdArray.from(
    [
      [1, 1, 0],
      [1, 1, 1],
    ],
    'int32',
  );
}

/** @throws RangeError unless the features divide into heads */
export function checkWidth(who: string, width: number, heads: number): void {
  requireWhole(who, 'width', width);
  requireWhole(who, 'heads', heads);
  if (width % heads !== 0)
    throw new RangeError(`${who}: a width of ${width} does not divide into ${heads} heads of equal size.`);
}

/** @throws RangeError for an option outside its range */
export function checkTransformer(who: string, options: TransformerLayerOptions): void {
  requireWhole(who, 'heads', options.heads);
  if (options.hidden !== undefined) requireWhole(who, 'hidden', options.hidden);
  requireWithin(who, 'dropoutRate', options.dropoutRate ?? 0, 0, 1);
  checkActivation(who, options.activation);
  if (options.norm !== undefined && options.norm !== 'pre' && options.norm !== 'post')
    throw new RangeError(`${who}: norm is '${String(options.norm)}'; expected 'pre' or 'post'.`);
}

/**
 * A layer of a Transformer's encoder (Vaswani et al., 2017): self attention, then a feed-forward network at each position.
 *
 * Inputs: [batch, time, features]; then, if there is padding, a mask [batch, time], bool or numbers of which 0 is padding.
 * Output [batch, time, features]. With 'pre' the last sum is not normalised: put a layerNorm() behind the last layer.
 * Parameters: attentionNorm, attention, feedForwardNorm, feedForward.hidden, feedForward.output.
 * @throws RangeError for an option outside its range
 */
export function transformerEncoderLayer(options: TransformerEncoderLayerOptions): Layer {
  checkTransformer('transformerEncoderLayer', options);
  return makeEncoder(options);
}

/**
 * A layer of a Transformer's decoder (Vaswani et al., 2017): causal self attention, attention to the memory, a feed-forward
 * network.
 *
 * Inputs: [batch, time, features]; the memory [batch, keys, memory features]; then, if it has padding, its mask [batch, keys].
 * Output [batch, time, features]. Padding at the end of the first input needs no mask: what stands before never sees it.
 * Parameters: those of transformerEncoderLayer, crossNorm and cross.
 * @throws RangeError for an option outside its range
 */
export function transformerDecoderLayer(options: TransformerLayerOptions): Layer {
  checkTransformer('transformerDecoderLayer', options);
  return makeDecoder(options);
}
