import { NdArray } from '../../graph/array.js';
import { requireWhole, requireWithin } from '../checks.js';
import type { Layer } from '../layer.js';
import { crf } from '../layers/crf.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { lstm } from '../layers/recurrentCells.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import { defineLayer } from '../registry.js';
import { paddingMask } from './transformerClassifier.js';

export interface BilstmCrfOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  readonly tags: number;
  /** The token that fills up short sequences. Default: 0. */
  readonly padding?: number;
  /** Numbers in a token's vector. Default: 100. */
  readonly features?: number;
  /** Units of the recurrent layer in each direction. Default: 128. */
  readonly units?: number;
  /** How much is dropped of token vectors and of the recurrent layer's outputs. Default: 0.5. */
  readonly dropoutRate?: number;
}

const make = defineLayer<BilstmCrfOptions>({
  type: 'bilstmCrf',
  call(context, config, ids, given) {
    const { vocabulary, tags, padding = 0, features = 100, units = 128, dropoutRate = 0.5 } = config;
    const mask = paddingMask(ids!, given, padding)!;
    const embed = tokenEmbedding(vocabulary, features, { positions: 'none', dropoutRate });
    const vectors = embed.call(context.child('tokens'), ids!);
    const states = lstm(units, { bidirectional: true }).call(context.child('lstm'), vectors, mask);
    const emissions = dense(tags).call(context.child('emissions'), drop(context, states, dropoutRate));
    return crf(tags).call(context.child('crf'), emissions);
  },
  samples: () => {
    const ids = NdArray.from(
      [
        [1, 4, 0],
        [2, 2, 1],
      ],
      'int32',
    );
    const config = { vocabulary: 5, tags: 3, features: 4, units: 2 };
    return [{ name: 'bilstmCrf', config, inputs: [ids], noFixture: 'made of layers that have fixtures' }];
  },
});

/**
 * A tagger of sequences (Lample et al., 2016): token vectors, an LSTM in both directions, scores of tags, a conditional random field.
 *
 * Inputs: token ids, integers [batch, time]; then, where `padding` does not say which token fills up, a mask [batch, time].
 * Output [batch, tags + 2 + time, tags], as `crf` gives it, for `crfLoss` and `viterbi`.
 * @throws RangeError for an option outside its range
 */
export function bilstmCrf(options: BilstmCrfOptions): Layer {
  const { vocabulary, tags, features = 100, units = 128, dropoutRate = 0.5 } = options;
  for (const [name, value] of Object.entries({ vocabulary, tags, features, units }))
    requireWhole('bilstmCrf', name, value);
  requireWithin('bilstmCrf', 'dropoutRate', dropoutRate, 0, 1);
  return make(options);
}
