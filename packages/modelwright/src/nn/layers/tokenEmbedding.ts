import { NdArray } from '../../graph/array.js';
import { isInteger } from '../../graph/dtype.js';
import { formatShape } from '../../graph/shape.js';
import { add, cast, gather, mul } from '../../primitives/index.js';
import { sinusoids } from '../attention.js';
import { requireWhole, requireWithin } from '../checks.js';
import { type InitializerConfig, initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { drop } from './dropout.js';
import { learnedVectors, positionsOf } from './positions.js';

export interface TokenEmbeddingOptions {
  /** How positions are told apart: by trained vectors, by waves, or not here. Default: 'learned'. */
  readonly positions?: 'learned' | 'sinusoidal' | 'none';
  /** How many positions there are vectors for; with learned positions alone. Default: 512. */
  readonly length?: number;
  /** Whether token vectors are multiplied by sqrt(features), as by Vaswani et al. (2017). Default: false. */
  readonly scale?: boolean;
  /** How much of the sum is dropped in training. Default: 0. */
  readonly dropoutRate?: number;
  /** How the vectors start. Default: 'normal' (standard deviation 0.05). */
  readonly initializer?: InitializerConfig;
}

const make = defineLayer<TokenEmbeddingOptions & { readonly vocabulary: number; readonly features: number }>({
  type: 'tokenEmbedding',
  call(context, config, ids) {
    const { vocabulary, features, positions = 'learned', length = 512, scale = false } = config;
    const { dropoutRate = 0, initializer: start = 'normal' } = config;
    if (!isInteger(ids!.dtype) || ids!.rank !== 2) {
      throw new TypeError(
        `expected token ids, whole numbers [batch, time], but the input is ${ids!.dtype}${formatShape(ids!.shape)}.`,
      );
    }
    const vectors = gather(context.parameter('weight', [vocabulary, features], initializer(start)), ids!);
    const tokens = scale ? mul(vectors, Math.sqrt(features)) : vectors;
    switch (positions) {
      case 'learned': {
        const own = context.child('positions');
        return drop(
          context,
          add(tokens, learnedVectors(own, ids!, { length, width: features, start })),
          dropoutRate,
        );
      }
      case 'sinusoidal': {
        const waves = sinusoids(positionsOf(context, ids!, 1), features);
        return drop(context, add(tokens, cast(waves, tokens.dtype)), dropoutRate);
      }
      case 'none':
        return drop(context, tokens, dropoutRate);
    }
  },
  samples: () => {
    const ids = NdArray.from(
      [
        [0, 4, 2],
        [2, 2, 1],
      ],
      'int32',
    );
    const sizes = { vocabulary: 5, features: 4 };
    return [
      { name: 'tokenEmbedding', config: { ...sizes, length: 6 }, inputs: [ids] },
      {
        name: 'tokenEmbedding sinusoidal',
        config: { ...sizes, positions: 'sinusoidal', scale: true },
        inputs: [ids],
      },
      { name: 'tokenEmbedding none', config: { ...sizes, positions: 'none' }, inputs: [ids] },
    ];
  },
});

/**
 * A vector for each token, plus one for its position.
 *
 * Input token ids, integers [batch, time], output [batch, time, features]. Parameters: weight [vocabulary, features]; with learned
 * positions also positions.weight [length, features].
 * @throws RangeError for an option outside its range
 */
export function tokenEmbedding(
  vocabulary: number,
  features: number,
  options: TokenEmbeddingOptions = {},
): Layer {
  requireWhole('tokenEmbedding', 'vocabulary', vocabulary);
  requireWhole('tokenEmbedding', 'features', features);
  requireWhole('tokenEmbedding', 'length', options.length ?? 512);
  requireWithin('tokenEmbedding', 'dropoutRate', options.dropoutRate ?? 0, 0, 1);
  const kinds = ['learned', 'sinusoidal', 'none'];
  if (!kinds.includes(options.positions ?? 'learned'))
    throw new RangeError(
      `tokenEmbedding: positions is '${options.positions}'; expected one of ${kinds.join(', ')}.`,
    );
  return make({ vocabulary, features, ...options });
}
