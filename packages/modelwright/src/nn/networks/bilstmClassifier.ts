import { NdArray } from '../../graph/array.js';
import { expandDimensions, max, scalarLike, where } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { defineLayer } from '../registry.js';
import { type BilstmOptions, bilstmStates, checkBilstm } from './bilstmStates.js';

export interface BilstmClassifierOptions extends BilstmOptions {
  /** Number of outputs. */
  readonly classes: number;
}

const make = defineLayer<BilstmClassifierOptions>({
  type: 'bilstmClassifier',
  call(context, config, ids, given) {
    const { states, mask } = bilstmStates(context, config, ids!, given);
    // States lie between -1 and 1: where there is padding, -1 never is the largest.
    const pooled = max(where(expandDimensions(mask, 2), states, scalarLike(states, -1)), 1);
    const kept = drop(context, pooled, config.dropoutRate ?? 0.5);
    return dense(config.classes).call(context.child('logits'), kept);
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
  checkBilstm('bilstmClassifier', options);
  requireWhole('bilstmClassifier', 'classes', options.classes);
  return make(options);
}
