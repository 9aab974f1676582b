import { NdArray } from '../../graph/array.js';
import { matmulTransposed } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import { initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { layerNorm } from '../layers/normalization.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import { checkTransformer, checkWidth, transformerEncoderLayer } from '../layers/transformer.js';
import { defineLayer } from '../registry.js';

export interface GptOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** The longest sequence that there are trained vectors for. Default: 64. */
  readonly length?: number;
  /** Features of each position. Default: 128. */
  readonly width?: number;
  /** Default: 4. */
  readonly layers?: number;
  /** Default: 4. */
  readonly heads?: number;
  /**
   * How positions are told apart: by trained vectors, or by turning queries and keys (rotary positions; Su et al., 2021). Default:
   * 'learned'.
   */
  readonly positions?: 'learned' | 'rotary';
  /** Default: 0. */
  readonly dropoutRate?: number;
  /** Whether products have biases. Default: true. */
  readonly bias?: boolean;
  /** Whether the logits are products with the tokens' own vectors (Press and Wolf, 2017). Default: true. */
  readonly tied?: boolean;
}

const start = { name: 'normal', standardDeviation: 0.02 } as const;

const make = defineLayer<GptOptions>({
  type: 'gpt',
  call(context, config, ids) {
    const { vocabulary, length = 64, width = 128, layers = 4, heads = 4, bias = true, tied = true } = config;
    const { dropoutRate = 0, positions = 'learned' } = config;
    const rotary = positions === 'rotary';
    const embed = tokenEmbedding(vocabulary, width, {
      positions: rotary ? 'none' : 'learned',
      length,
      dropoutRate,
      initializer: start,
    });
    const tokens = context.child('tokens');
    let x = embed.call(tokens, ids!);
    const outputInitializer = { name: 'normal', standardDeviation: 0.02 / Math.sqrt(2 * layers) } as const;
    const block = transformerEncoderLayer({
      heads,
      dropoutRate,
      bias,
      causal: true,
      rotary,
      initializer: start,
      outputInitializer,
    });
    for (let layer = 0; layer < layers; layer++) x = block.call(context.child(String(layer)), x);
    x = layerNorm().call(context.child('norm'), x);
    if (!tied) return dense(vocabulary, { bias: false, initializer: start }).call(context.child('logits'), x);
    return matmulTransposed(x, tokens.parameter('weight', [vocabulary, width], initializer(start)));
  },
  samples: () => {
    const ids = NdArray.from(
      [
        [0, 4, 2],
        [2, 2, 1],
      ],
      'int32',
    );
    const small = { vocabulary: 5, length: 4, width: 4, layers: 1, heads: 2 };
    return [
      { name: 'gpt', config: small, inputs: [ids] },
      { name: 'gpt untied', config: { ...small, tied: false, bias: false, layers: 2 }, inputs: [ids] },
      { name: 'gpt rotary', config: { ...small, positions: 'rotary' }, inputs: [ids] },
    ];
  },
});

/**
 * A language model that says of each position what the next token is, as GPT-2 and nanoGPT: causal Transformer layers
 * with the normalisation in front, GELU; weights start normal with a standard deviation of 0.02, those that
 * add to the shortcut with 0.02 / sqrt(2 layers) (Radford et al., 2019).
 *
 * Input token ids, integers [batch, time], with learned positions up to `length` of them; output logits [batch, time, vocabulary]: train it with
 * crossEntropy.with({ classAxis: -1 }) on the ids one place further.
 * @throws RangeError for an option outside its range
 */
export function gpt(options: GptOptions): Layer {
  const { vocabulary, length = 64, width = 128, layers = 4, heads = 4, dropoutRate = 0 } = options;
  requireWhole('gpt', 'vocabulary', vocabulary);
  requireWhole('gpt', 'length', length);
  requireWhole('gpt', 'layers', layers);
  checkWidth('gpt', width, heads);
  requirePositions(options.positions, width / heads);
  checkTransformer('gpt', { heads, dropoutRate });
  return make(options);
}

/** @throws RangeError for another kind, or where features cannot be turned in pairs */
function requirePositions(kind: GptOptions['positions'] = 'learned', features: number): void {
  if (kind !== 'learned' && kind !== 'rotary')
    throw new RangeError(`gpt: positions is '${String(kind)}'; expected 'learned' or 'rotary'.`);
  if (kind === 'rotary' && features % 2 !== 0)
    throw new RangeError(
      `gpt: rotary positions turn pairs of features, but a head has ${features}. Take another width or number of heads.`,
    );
}
