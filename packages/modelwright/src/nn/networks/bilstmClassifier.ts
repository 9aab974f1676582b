import { NdArray } from '../../graph/array.js';
import { expandDimensions, max, scalarLike, where } from '../../primitives/index.js';
import { requireWhole, requireWithin } from '../checks.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { lstm } from '../layers/recurrentCells.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import { defineLayer } from '../registry.js';
import { paddingMask } from './transformerClassifier.js';

export interface BilstmClassifierOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** Number of outputs. */
  readonly classes: number;
  /** The token that fills up short texts. Default: 0. */
  readonly padding?: number;
  /** Numbers in a token's vector. Default: 128. */
  readonly features?: number;
  /** Units of the recurrent layer in each direction. Default: 128. */
  readonly units?: number;
  /** How much is dropped of token vectors and of what was pooled. Default: 0.5. */
  readonly dropoutRate?: number;
}

const make = defineLayer<BilstmClassifierOptions>({
  type: 'bilstmClassifier',
  call(context, config, ids, given) {
    const { vocabulary, classes, padding = 0, features = 128, units = 128, dropoutRate = 0.5 } = config;
    const mask = paddingMask(ids!, given, padding)!;
    const embed = tokenEmbedding(vocabulary, features, { positions: 'none', dropoutRate });
    const vectors = embed.call(context.child('tokens'), ids!);
    const states = lstm(units, { bidirectional: true }).call(context.child('lstm'), vectors, mask);
    // States lie between -1 and 1: where there is padding, -1 never is the largest.
    const pooled = max(where(expandDimensions(mask, 2), states, scalarLike(states, -1)), 1);
    return dense(classes).call(context.child('logits'), drop(context, pooled, dropoutRate));
  },
  samples: () => {
    const ids = NdArray.from(
      [
        [1, 4, 3],
        [2, 0, 0],
      ],
      'int32',
    );
    return [
      {
        name: 'bilstmClassifier',
        config: { vocabulary: 5, classes: 2, features: 3, units: 2 },
        inputs: [ids],
      },
    ];
  },
});

/**
 * A classifier of texts: token vectors, an LSTM in both directions (Graves and Schmidhuber, 2005), of each unit the largest state over
 * time (Conneau et al., 2017), a linear layer.
 *
 * Inputs: token ids, integers [batch, time]; then, where `padding` does not say which token fills up, a mask [batch, time], bool or
 * numbers of which 0 is padding. Output logits [batch, classes].
 * @throws RangeError for an option outside its range
 */
export function bilstmClassifier(options: BilstmClassifierOptions): Layer {
  const { vocabulary, classes, features = 128, units = 128, dropoutRate = 0.5 } = options;
  for (const [name, value] of Object.entries({ vocabulary, classes, features, units }))
    requireWhole('bilstmClassifier', name, value);
  requireWithin('bilstmClassifier', 'dropoutRate', dropoutRate, 0, 1);
  return make(options);
}
