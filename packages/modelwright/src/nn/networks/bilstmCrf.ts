import { NdArray } from '../../graph/array.js';
import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { type CharacterConvolutionOptions, characterConvolution } from '../layers/characterConvolution.js';
import { crf } from '../layers/crf.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { defineLayer } from '../registry.js';
import { type BilstmOptions, bilstmStates, checkBilstm } from './bilstmStates.js';

export interface BilstmCrfOptions extends BilstmOptions {
  readonly tags: number;
  /** How the characters of tokens are looked at, where they are an input. Default: they are none. */
  readonly characters?: CharacterConvolutionOptions;
}

const make = defineLayer<BilstmCrfOptions>({
  type: 'bilstmCrf',
  call(context, { tags, characters, ...config }, ids, ...others) {
    const { dropoutRate = 0.5 } = config;
    const features = characters && characterConvolution(characters);
    const written =
      features && drop(context, features.call(context.child('characters'), others.shift()!), dropoutRate);
    const { states } = bilstmStates(context, config, ids!, others[0], written);
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
    const characters = NdArray.from(
      [
        [
          [1, 2],
          [3, 0],
          [0, 0],
        ],
        [
          [2, 1],
          [2, 1],
          [3, 3],
        ],
      ],
      'int32',
    );
    const noFixture = 'made of layers that have fixtures';
    return [
      { name: 'bilstmCrf', config, inputs: [ids], noFixture },
      {
        name: 'bilstmCrf characters',
        config: { ...config, characters: { vocabulary: 4, features: 2, filters: 2 } },
        inputs: [ids, characters],
        noFixture,
      },
    ];
  },
});

/**
 * A tagger of sequences (Lample et al., 2016): token vectors, an LSTM in both directions, scores of tags, a conditional random field.
 *
 * Inputs: token ids, integers [batch, time]; then, with `characters`, those of each token, integers [batch, time, characters]; then, where `padding` does not say which token fills up, a mask [batch, time].
 * Output [batch, tags + 2 + time, tags], as `crf` gives it, for `crfLoss` and `viterbi`.
 * @throws RangeError for an option outside its range
 */
export function bilstmCrf(options: BilstmCrfOptions): Layer {
  checkBilstm('bilstmCrf', options);
  requireWhole('bilstmCrf', 'tags', options.tags);
  return make(options);
}
