import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, expandDimensions } from '../../primitives/index.js';
import {
  attend,
  causalMask,
  joinHeads,
  maskBias,
  rotate,
  splitHeads,
  splitProjections,
  tokenMask,
} from '../attention.js';
import { knownSize, requireFloats, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import type { InitializerConfig } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { dense } from './dense.js';
import { positionsOf } from './positions.js';

export interface MultiHeadAttentionOptions {
  /** Whether keys and values come from a second input, the memory, rather than from the first. Default: false. */
  readonly cross?: boolean;
  /** Whether a position sees only itself and those before it. Not with `cross`. Default: false. */
  readonly causal?: boolean;
  /** How many of the attention weights are dropped in training. Default: 0. */
  readonly dropoutRate?: number;
  /** Whether queries and keys are turned by their position (Su et al., 2021). Not with `cross`. Default: false. */
  readonly rotary?: boolean;
  /** Whether the products have biases. Default: true. */
  readonly bias?: boolean;
  /** How the weights start. Default: 'glorotUniform'. */
  readonly initializer?: InitializerConfig;
  /** How the weight of the output starts. Default: as the others. */
  readonly outputInitializer?: InitializerConfig;
}

type Config = MultiHeadAttentionOptions & { readonly heads: number };

function requireSequence(what: string, x: Tensor | undefined): void {
  if (x?.rank !== 3) {
    throw new TypeError(
      `expected ${what} [batch, time, features], but got ${x ? formatShape(x.shape) : 'nothing'}.`,
    );
  }
  requireFloats(x);
}

/** What cross attention computes of the memory: once a sequence while decoding. */
function keptIfCross(context: Context, cross: boolean, name: string, value: Tensor): Tensor {
  return (cross ? context.decoding?.keep(`${context.path}.${name}`, value) : undefined) ?? value;
}

/** What a mask [batch, keys] adds to the scores [batch, heads, queries, keys]. */
const keyBias = (mask: Tensor): Tensor => expandDimensions(expandDimensions(maskBias(tokenMask(mask)), 1), 1);

/** Queries, keys and values, [batch, heads, time, features] each. */
function project(context: Context, config: Config, x: Tensor, memory: Tensor | undefined): Tensor[] {
  const { heads, bias = true, initializer = 'glorotUniform' } = config;
  const width = knownSize(x, 2, 'the number of features');
  if (width % heads !== 0)
    throw new TypeError(`${width} features do not divide into ${heads} heads of equal size.`);
  const product = (name: string, of: Tensor, units: number): Tensor =>
    dense(units, { bias, initializer }).call(context.child(name), of);
  if (!memory) return splitProjections(product('queryKeyValue', x, 3 * width), 3, heads);
  const query = splitHeads(product('query', x, width), heads);
  const given = splitProjections(product('keyValue', memory, 2 * width), 2, heads);
  const [key, value] = given as [Tensor, Tensor];
  return [query, keptIfCross(context, true, 'key', key), keptIfCross(context, true, 'value', value)];
}

const make = defineLayer<Config>({
  type: 'multiHeadAttention',
  call(context, config, x, ...others) {
    const { cross = false, causal = false, rotary = false, dropoutRate = 0 } = config;
    const [memory, mask] = cross ? others : [undefined, others[0]];
    requireSequence('the input', x);
    if (cross) requireSequence('the memory', memory);
    let [query, key, value] = project(context, config, x!, memory) as [Tensor, Tensor, Tensor];
    const at = positionsOf(context, x!, 1);
    if (rotary) [query, key] = [rotate(query, at), rotate(key, at)];
    let before = at;
    if (causal && context.decoding) {
      const { decoding, path } = context;
      key = decoding.extend(`${path}.key`, key, 2);
      value = decoding.extend(`${path}.value`, value, 2);
      before = decoding.extend('positions', at, 0);
    }
    const biases = [
      ...(mask ? [keptIfCross(context, cross, 'mask', keyBias(mask))] : []),
      ...(causal ? [maskBias(causalMask(at, before))] : []),
    ];
    const dropout =
      context.training && dropoutRate > 0
        ? { rate: dropoutRate, key: context.key, salt: context.salt() }
        : undefined;
    const attended = attend(query, key, value, biases.length > 0 ? biases.reduce(add) : undefined, dropout);
    const { bias = true, initializer = 'glorotUniform', outputInitializer = initializer } = config;
    const output = dense(x!.shape[2] as number, { bias, initializer: outputInitializer });
    return output.call(context.child('output'), joinHeads(attended));
  },
  samples: () => {
    const mask = NdArray.from(
      [
        [true, true, false],
        [true, true, true],
      ],
      'bool',
    );
    return [
      { name: 'multiHeadAttention', config: { heads: 2 }, inputs: [spread([2, 3, 4])] },
      {
        name: 'multiHeadAttention causal',
        config: { heads: 1, causal: true, bias: false },
        inputs: [spread([2, 3, 4])],
      },
      { name: 'multiHeadAttention mask', config: { heads: 2 }, inputs: [spread([2, 3, 4]), mask] },
      {
        name: 'multiHeadAttention cross',
        config: { heads: 2, cross: true },
        inputs: [spread([2, 2, 4]), spread([2, 3, 6], -1, 1), mask],
      },
      {
        name: 'multiHeadAttention rotary',
        config: { heads: 2, causal: true, rotary: true },
        inputs: [spread([1, 3, 8])],
        noFixture:
          'PyTorch has no rotary attention; rotaryPositions has a fixture, attention.test.ts the rest',
      },
      {
        name: 'multiHeadAttention dropout',
        config: { heads: 2, dropoutRate: 0.3 },
        inputs: [spread([2, 3, 4])],
        training: true,
        noFixture: 'the mask comes from random numbers of our own',
      },
    ];
  },
});

/**
 * Multi-head attention (Vaswani et al., 2017): each position takes from others what fits it, in several ways at once.
 *
 * Inputs: [batch, time, features]; with `cross` then the memory [batch, keys, memory features]; then, if there is padding, a
 * mask [batch, keys] of what is seen, bool or numbers of which 0 is padding. Output [batch, time, features]. Parameters:
 * queryKeyValue (with `cross`: query and keyValue) and output, each a weight and a bias.
 * @param heads a divisor of the number of features
 * @throws RangeError for an option outside its range
 */
export function multiHeadAttention(heads: number, options: MultiHeadAttentionOptions = {}): Layer {
  requireWhole('multiHeadAttention', 'heads', heads);
  requireWithin('multiHeadAttention', 'dropoutRate', options.dropoutRate ?? 0, 0, 1);
  if (options.cross && (options.causal || options.rotary)) {
    throw new RangeError(
      'multiHeadAttention: cross attention has no order between queries and keys, so it cannot be causal or rotary.',
    );
  }
  return make({ heads, ...options });
}
