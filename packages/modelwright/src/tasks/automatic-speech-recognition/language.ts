// What a language model knows of words, for a search over characters or words.
import type { NgramModel } from '../../data/text/index.js';
import { CtcBeamSearch, type CtcDecoder, GreedyCtc, type SequenceScorer } from '../../nn/decoding/index.js';
import type { Alphabet } from './alphabet.js';
import type { SpeechDecodingOptions } from './options.js';

interface Said {
  readonly words: readonly string[];
  /** The word that has begun. */
  readonly open: string;
}

/** Adds weight ln P(word | words before it) + bonus for each word, once it is whole. */
export function languageScorer(
  model: NgramModel | undefined,
  { units, classes }: Alphabet,
  { languageWeight = 0.5, wordBonus = 0 }: SpeechDecodingOptions,
): SequenceScorer<Said> {
  const worth = (words: readonly string[], word: string | undefined): number =>
    model ? languageWeight * model.score(words, word) : 0;
  const close = ({ words, open }: Said) => {
    if (open === '') return { state: { words, open }, score: 0 };
    return { state: { words: [...words, open], open: '' }, score: worth(words, open) + wordBonus };
  };
  return {
    start: { words: [], open: '' },
    extend(said, token) {
      const unit = classes[token]!;
      if (units === 'word') return close({ ...said, open: unit });
      if (unit === ' ') return close(said);
      return { state: { ...said, open: said.open + unit }, score: 0 };
    },
    finish(said) {
      const { state, score } = close(said);
      return score + worth(state.words, undefined);
    },
  };
}

/** What turns steps into text. */
export function decoderFor(
  alphabet: Alphabet,
  model: NgramModel | undefined,
  options: SpeechDecodingOptions = {},
): CtcDecoder {
  const { beams = 1 } = options;
  if (beams === 1) return new GreedyCtc();
  const scorer = languageScorer(model, alphabet, options) as SequenceScorer;
  return new CtcBeamSearch({ beams, scorer });
}
