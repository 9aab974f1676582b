import { cleanText, specialIds, type Tokenizer } from '../../data/text/index.js';
import { makeTokenizer } from '../madeTokenizer.js';
import type { TokenKind } from './clues/clue.js';
import type { TokenClassificationTrainOptions } from './options.js';
import type { TaggedSentence } from './sentences.js';

/** What tokens are: characters, where nearly all of them are single ones. */
export function tokenKind(sentences: readonly TaggedSentence[]): TokenKind {
  const tokens = sentences.flatMap((sentence) => sentence.tokens);
  const single = tokens.filter((token) => Array.from(token).length === 1).length;
  return single > 0.9 * tokens.length ? 'character' : 'word';
}

/** A vocabulary of the sentences' tokens. @param lowercase whether capitals count as small letters */
export function tokenizerFor(
  sentences: readonly TaggedSentence[],
  { data, minimumCount = 2, vocabularySize }: TokenClassificationTrainOptions,
  lowercase: boolean,
): Tokenizer {
  const kind = tokenKind(sentences);
  return makeTokenizer(
    data,
    sentences.map((sentence) => sentence.tokens.join(kind === 'word' ? ' ' : '')),
    { kind, segmenter: null, minimumCount, maximumSize: vocabularySize, clean: { lowercase } },
  );
}

/**
 * The ids of tokens as they stand: none is cut further.
 * @param lowercase whether capitals count as small letters
 */
export function idsOf(tokens: readonly string[], tokenizer: Tokenizer, lowercase: boolean): number[] {
  return tokens.map((token) => {
    const id = tokenizer.idOf(cleanText(token, { lowercase }));
    return id === undefined || id <= specialIds.end ? specialIds.unknown : id;
  });
}
