import { wordStarts } from '../../../data/text/index.js';
import type { Clue, ClueKind } from './clue.js';

/** Where a token stands in its word; 0 is padding. */
const places = { first: 1, inside: 2, last: 3, only: 4 } as const;

const clue: Clue = {
  input: 'word_bounds',
  numbersOf: placesInWords,
  lookup: { vocabulary: 1 + Object.keys(places).length, features: 16 },
  saved: true,
};

/** Where each token stands in its word, 1 to 4: first, inside, last, or the only one. */
export function placesInWords(tokens: readonly string[]): number[] {
  const text = tokens.join('');
  const edges = new Set([...wordStarts(text), text.length]);
  let end = 0;
  return tokens.map((token) => {
    const isFirst = edges.has(end);
    end += token.length;
    const isLast = edges.has(end);
    if (isFirst) return isLast ? places.only : places.first;
    return isLast ? places.last : places.inside;
  });
}

/** Where words begin and end among characters, as the dictionary of `words` cuts the text (softwords: Zhao and Kit, 2008). */
export const wordBounds: ClueKind = {
  unfit: (_model, tokens) =>
    tokens === 'word'
      ? 'Tokens are words already: there are no bounds of words to find among them'
      : undefined,
  byDefault: () => true,
  make: () => clue,
  read: async () => clue,
};
