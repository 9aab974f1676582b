import { NdArray } from '../../graph/array.js';
import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { crf } from '../layers/crf.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { defineLayer } from '../registry.js';
import { type BilstmOptions, bilstmStates, checkBilstm } from './bilstmStates.js';

export interface BilstmCrfOptions extends BilstmOptions {
  readonly tags: number;
}

const make = defineLayer<BilstmCrfOptions>({
  type: 'bilstmCrf',
  call(context, config, ids, given) {
    const { states } = bilstmStates(context, config, ids!, given);
    const kept = drop(context, states, config.dropoutRate ?? 0.5);
    const emissions = dense(config.tags).call(context.child('emissions'), kept);
    return crf(config.tags).call(context.child('crf'), emissions);
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
  checkBilstm('bilstmCrf', options);
  requireWhole('bilstmCrf', 'tags', options.tags);
  return make(options);
}
