import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { type CharacterConvolutionOptions, characterConvolution } from '../layers/characterConvolution.js';
import { crf } from '../layers/crf.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { defineLayer } from '../registry.js';
import { type BilstmOptions, bilstmStates, checkBilstm } from './bilstmStates.js';
import { checkClues, clueVectors, type TokenClues } from './tokenClues.js';

export interface BilstmCrfOptions extends BilstmOptions {
  readonly tags: number;
  /** How the characters of tokens are looked at, where they are an input. Default: they are none. */
  readonly characters?: CharacterConvolutionOptions;
  /** What else is known of tokens; each clue is an input. Default: nothing. */
  readonly clues?: TokenClues;
}

const make = defineLayer<BilstmCrfOptions>({
  type: 'bilstmCrf',
  call(context, { tags, characters, clues = {}, ...config }, ids, ...others) {
    const { dropoutRate = 0.5 } = config;
    const more: Tensor[] = [];
    if (characters) {
      const written = characterConvolution(characters).call(context.child('characters'), others.shift()!);
      more.push(drop(context, written, dropoutRate));
    }
    const known = others.splice(0, Object.keys(clues).length);
    more.push(...clueVectors(context.child('clues'), clues, known, dropoutRate));
    const { states } = bilstmStates(context, config, ids!, others[0], more);
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
      {
        name: 'bilstmCrf clues',
        config: {
          ...config,
          clues: { pairs: { vocabulary: 5, features: 3 }, places: { vocabulary: 6, features: 2 } },
        },
        inputs: [ids, ids, ids],
        noFixture,
      },
    ];
  },
});

/**
 * A tagger of sequences (Lample et al., 2016): token vectors, an LSTM in both directions, scores of tags, a conditional random field.
 *
 * Inputs: token ids, integers [batch, time]; then, with `characters`, those of each token, integers [batch, time, characters]; then
 * those of each clue, integers [batch, time]; then, where `padding` does not say which token fills up, a mask [batch, time].
 * Output [batch, tags + 2 + time, tags], as `crf` gives it, for `crfLoss` and `viterbi`.
 * @throws RangeError for an option outside its range
 */
export function bilstmCrf(options: BilstmCrfOptions): Layer {
  checkBilstm('bilstmCrf', options);
  requireWhole('bilstmCrf', 'tags', options.tags);
  checkClues('bilstmCrf', options.clues ?? {});
  return make(options);
}
