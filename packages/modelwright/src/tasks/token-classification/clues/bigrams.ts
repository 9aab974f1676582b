import { countTokens, specialTokens, type Tokenizer } from '../../../data/text/index.js';
import { requireFrom } from '../../checks.js';
import { makeTokenizer } from '../../madeTokenizer.js';
import { readTokenizerOfSize } from '../../savedTokenizer.js';
import { idsOf } from '../vocabulary.js';
import type { Clue, ClueKind, ClueSource } from './clue.js';

/** Where the vocabulary of pairs lies in a saved model's folder. */
const subfolder = 'bigrams';

const defaultCount = 3;

/** Each token with the next; the last with the sign of the end. */
const bigramsOf = (tokens: readonly string[]): string[] =>
  tokens.map((token, i) => token + (tokens[i + 1] ?? specialTokens.end));

const allBigrams = ({ sentences }: ClueSource): string[][] =>
  sentences.map(({ tokens }) => bigramsOf(tokens));

function clueOf(tokenizer: Tokenizer): Clue {
  const files = Object.entries(tokenizer.files()).map(([name, text]) => [`${subfolder}/${name}`, text]);
  return {
    input: 'bigrams',
    numbersOf: (tokens) => idsOf(bigramsOf(tokens), tokenizer, false),
    lookup: { vocabulary: tokenizer.vocabularySize, features: 50 },
    saved: tokenizer.vocabularySize,
    files: Object.fromEntries(files),
  };
}

/** The pair that each token makes with the next (Zhang and Yang, 2018), where training has met it often enough. */
export const bigrams: ClueKind = {
  unfit: () => undefined,
  byDefault(source) {
    if (source.tokens === 'word') return false;
    const counts = countTokens(allBigrams(source)).values();
    return Array.from(counts).some((count) => count >= defaultCount);
  },
  make(source, { bigrams: minimumCount = defaultCount }) {
    requireFrom(1, { bigrams: Number(minimumCount) });
    const options = { minimumCount: Number(minimumCount), maximumSize: source.vocabularySize };
    const texts = allBigrams(source).map((pairs) => pairs.join(' '));
    return clueOf(
      makeTokenizer(`${source.data}, bigrams`, texts, { kind: 'word', segmenter: null, ...options }),
    );
  },
  read: async (folder, saved) => clueOf(await readTokenizerOfSize(folder, saved, subfolder)),
};
