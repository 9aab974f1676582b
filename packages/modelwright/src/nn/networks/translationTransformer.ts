import { NdArray } from '../../graph/array.js';
import { matmulTransposed } from '../../primitives/index.js';
import type { Activation } from '../activations.js';
import { requireWhole } from '../checks.js';
import { initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { layerNorm } from '../layers/normalization.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import {
  checkTransformer,
  checkWidth,
  transformerDecoderLayer,
  transformerEncoderLayer,
} from '../layers/transformer.js';
import { defineLayer } from '../registry.js';
import { paddingMask } from './transformerClassifier.js';

export interface TranslationTransformerOptions {
  /** How many tokens the source has. */
  readonly sourceVocabulary: number;
  /** How many tokens the target has. */
  readonly targetVocabulary: number;
  /** The source's token that fills up short texts, where no mask is given. Default: none. */
  readonly padding?: number;
  /** Features of each position. Default: 256. */
  readonly width?: number;
  /** Layers of the encoder, and of the decoder. Default: 3. */
  readonly layers?: number;
  /** Default: 4. */
  readonly heads?: number;
  /** Units of the feed-forward networks. Default: four times the width. */
  readonly hidden?: number;
  /** The feed-forward networks' activation. Default: 'gelu'. */
  readonly activation?: Activation;
  /** Default: 0.1. */
  readonly dropoutRate?: number;
  /** Whether the logits are products with the target tokens' own vectors (Press and Wolf, 2017). Default: false. */
  readonly tied?: boolean;
}

const make = defineLayer<TranslationTransformerOptions>({
  type: 'translationTransformer',
  call(context, config, source, target, given) {
    const { sourceVocabulary, targetVocabulary, padding, width = 256, layers = 3, heads = 4 } = config;
    const { hidden = 4 * width, activation = 'gelu', dropoutRate = 0.1, tied = false } = config;
    const mask = paddingMask(source!, given, padding);
    const seen = mask ? [mask] : [];
    const start = { name: 'normal', standardDeviation: 1 / Math.sqrt(width) } as const;
    const embedding = { positions: 'sinusoidal', scale: true, dropoutRate, initializer: start } as const;
    const options = { heads, hidden, activation, dropoutRate };

    const encoder = context.child('encoder').whole();
    let memory = tokenEmbedding(sourceVocabulary, width, embedding).call(encoder.child('tokens'), source!);
    for (let layer = 0; layer < layers; layer++) {
      memory = transformerEncoderLayer(options).call(encoder.child(String(layer)), memory, ...seen);
    }
    memory = layerNorm().call(encoder.child('norm'), memory);

    const decoder = context.child('decoder');
    const tokens = decoder.child('tokens');
    let x = tokenEmbedding(targetVocabulary, width, embedding).call(tokens, target!);
    for (let layer = 0; layer < layers; layer++) {
      x = transformerDecoderLayer(options).call(decoder.child(String(layer)), x, memory, ...seen);
    }
    x = layerNorm().call(decoder.child('norm'), x);
    if (!tied) return dense(targetVocabulary).call(decoder.child('logits'), x);
    return matmulTransposed(x, tokens.parameter('weight', [targetVocabulary, width], initializer(start)));
  },
  samples: () => {
    const source = NdArray.from(
      [
        [1, 4, 0],
        [2, 2, 1],
      ],
      'int32',
    );
    const target = NdArray.from(
      [
        [1, 3],
        [1, 2],
      ],
      'int32',
    );
    const sizes = { sourceVocabulary: 5, targetVocabulary: 4, width: 4, layers: 1, heads: 2, hidden: 5 };
    const noFixture = 'made of layers that have fixtures';
    return [
      {
        name: 'translationTransformer',
        config: { ...sizes, padding: 0 },
        inputs: [source, target],
        noFixture,
      },
      {
        name: 'translationTransformer tied',
        config: { ...sizes, tied: true },
        inputs: [source, target, source],
        noFixture,
      },
    ];
  },
});

/**
 * An encoder-decoder Transformer (Vaswani et al., 2017) with sinusoidal positions and the normalisation in front.
 *
 * Inputs: the source's token ids, integers [batch, source time]; the target's, [batch, time], beginning with a start token; then,
 * if there is padding and `padding` does not say which token it is, the source's mask [batch, source time], bool or numbers of
 * which 0 is padding. Output logits [batch, time, target vocabulary] of the token after each of the target: train it with
 * crossEntropy.with({ classAxis: -1, ignoreIndex }) on the target's ids one place further.
 * @throws RangeError for an option outside its range
 */
export function translationTransformer(options: TranslationTransformerOptions): Layer {
  const {
    sourceVocabulary,
    targetVocabulary,
    width = 256,
    layers = 3,
    heads = 4,
    hidden,
    activation,
    dropoutRate,
  } = options;
  const whole = { sourceVocabulary, targetVocabulary, layers };
  for (const [name, value] of Object.entries(whole)) requireWhole('translationTransformer', name, value);
  checkWidth('translationTransformer', width, heads);
  checkTransformer('translationTransformer', {
    heads,
    ...(hidden !== undefined && { hidden }),
    ...(activation !== undefined && { activation }),
    ...(dropoutRate !== undefined && { dropoutRate }),
  });
  return make(options);
}
