import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  cast,
  concat,
  div,
  equal,
  expandDimensions,
  maximum,
  mean,
  mul,
  not,
  sum,
} from '../../primitives/index.js';
import { tokenMask } from '../attention.js';
import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { layerNorm } from '../layers/normalization.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import { checkTransformer, checkWidth, transformerEncoderLayer } from '../layers/transformer.js';
import { defineLayer } from '../registry.js';
import { checkClues, clueVectors, type TokenClues } from './tokenClues.js';

export interface TransformerClassifierOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** Number of outputs. */
  readonly classes: number;
  /** Whether each token is classified, rather than the whole text. Default: false. */
  readonly perToken?: boolean;
  /** The token that fills up short texts, where no mask is given. Default: none. */
  readonly padding?: number;
  /** The longest text. Default: 512. */
  readonly length?: number;
  /** Features of each position. Default: 128. */
  readonly width?: number;
  /** Default: 2. */
  readonly layers?: number;
  /** Default: 4. */
  readonly heads?: number;
  /** Units of the feed-forward networks. Default: four times the width. */
  readonly hidden?: number;
  /** Default: 0.1. */
  readonly dropoutRate?: number;
  /** What else is known of tokens; each clue is an input. Default: nothing. */
  readonly clues?: TokenClues;
}

/** The mean over time of what is not padding, [batch, features]. */
function pool(x: Tensor, mask: Tensor | undefined): Tensor {
  if (!mask) return mean(x, 1);
  const kept = expandDimensions(cast(mask, x.dtype), -1);
  return div(sum(mul(x, kept), 1), maximum(sum(kept, 1), 1));
}

/** What is not padding, bool [batch, time]: as given, or told by the padding's token. */
export function paddingMask(
  ids: Tensor,
  given: Tensor | undefined,
  padding: number | undefined,
): Tensor | undefined {
  if (given) return tokenMask(given);
  return padding === undefined ? undefined : not(equal(ids, padding));
}

const make = defineLayer<TransformerClassifierOptions>({
  type: 'transformerClassifier',
  call(context, { clues = {}, ...config }, ids, ...others) {
    const { vocabulary, classes, perToken = false, padding, length = 512, width = 128 } = config;
    const { layers = 2, heads = 4, hidden = 4 * width, dropoutRate = 0.1 } = config;
    const known = others.splice(0, Object.keys(clues).length);
    const mask = paddingMask(ids!, others[0], padding);
    const embed = tokenEmbedding(vocabulary, width, { length, dropoutRate });
    let x = embed.call(context.child('tokens'), ids!);
    if (known.length > 0) {
      const vectors = concat(clueVectors(context.child('clues'), clues, known, dropoutRate), 2);
      x = add(x, dense(width, { bias: false }).call(context.child('joined'), vectors));
    }
    const block = transformerEncoderLayer({ heads, hidden, dropoutRate });
    for (let layer = 0; layer < layers; layer++) {
      x = block.call(context.child(String(layer)), x, ...(mask ? [mask] : []));
    }
    x = layerNorm().call(context.child('norm'), x);
    const features = drop(context, perToken ? x : pool(x, mask), dropoutRate);
    return dense(classes).call(context.child('logits'), features);
  },
  samples: () => {
    const ids = NdArray.from(
      [
        [1, 4, 0],
        [2, 2, 1],
      ],
      'int32',
    );
    const small = { vocabulary: 5, classes: 2, length: 4, width: 4, layers: 1, heads: 2, hidden: 5 };
    const noFixture = 'made of layers that have fixtures';
    return [
      { name: 'transformerClassifier', config: { ...small, padding: 0 }, inputs: [ids], noFixture },
      {
        name: 'transformerClassifier per token',
        config: { ...small, perToken: true },
        inputs: [ids, ids],
        noFixture,
      },
      {
        name: 'transformerClassifier clues',
        config: { ...small, perToken: true, padding: 0, clues: { pairs: { vocabulary: 5, features: 3 } } },
        inputs: [ids, ids],
        noFixture,
      },
    ];
  },
});

/**
 * A Transformer's encoder over token ids, and a linear layer over the mean of its outputs, or over each of them.
 *
 * Inputs: token ids, integers [batch, time] with time up to `length`; then those of each clue, integers [batch, time], whose vectors are
 * brought to the width and added to the tokens'; then, if there is padding and `padding` does not say which token it is, a mask
 * [batch, time], bool or numbers of which 0 is padding. Output logits [batch, classes], or [batch, time, classes] with `perToken`.
 * @throws RangeError for an option outside its range
 */
export function transformerClassifier(options: TransformerClassifierOptions): Layer {
  const {
    vocabulary,
    classes,
    length = 512,
    width = 128,
    layers = 2,
    heads = 4,
    hidden,
    dropoutRate,
  } = options;
  const whole = { vocabulary, classes, length, layers };
  for (const [name, value] of Object.entries(whole)) requireWhole('transformerClassifier', name, value);
  checkWidth('transformerClassifier', width, heads);
  checkClues('transformerClassifier', options.clues ?? {});
  checkTransformer('transformerClassifier', {
    heads,
    ...(hidden !== undefined && { hidden }),
    ...(dropoutRate !== undefined && { dropoutRate }),
  });
  return make(options);
}
