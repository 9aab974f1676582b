import { type TextPair, type Tokenizer, trainTokenizer } from '../../data/text/index.js';
import type { BleuTokenization } from '../../nn/metrics/text/index.js';
import type { TranslationTokenizer } from './settings.js';

/** The tokenizers of both languages. */
export interface TranslationTokenizers {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
}

const letter = /\p{Letter}/u;
const unspacedLetter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Whether texts are in a language that puts no spaces between words, such as Chinese: most of their letters say so. */
export function isUnspaced(texts: Iterable<string>): boolean {
  let [letters, unspaced] = [0, 0];
  for (const text of texts) {
    for (const character of text) {
      if (!letter.test(character)) continue;
      letters++;
      if (unspacedLetter.test(character)) unspaced++;
    }
  }
  return 2 * unspaced > letters;
}

/** How BLEU cuts texts like these into tokens: languages without spaces into characters. */
export const bleuTokenizationOf = (texts: Iterable<string>): BleuTokenization =>
  isUnspaced(texts) ? 'char' : '13a';

/** Makes a tokenizer for each language of pairs of texts. */
export function tokenizersFor(
  pairs: readonly Pick<TextPair, 'source' | 'target'>[],
  options: {
    readonly sourceTokenizer: TranslationTokenizer | undefined;
    readonly targetTokenizer: TranslationTokenizer | undefined;
    readonly vocabularySize: number;
  },
): TranslationTokenizers {
  const make = (texts: readonly string[], wanted: TranslationTokenizer | undefined): Tokenizer => {
    const unspaced = isUnspaced(texts);
    return trainTokenizer(texts, {
      kind: wanted ?? (unspaced ? 'character' : 'bpe'),
      maximumSize: options.vocabularySize,
      segmenter: unspaced ? 'zh' : 'en',
    });
  };
  return {
    source: make(
      pairs.map(({ source }) => source),
      options.sourceTokenizer,
    ),
    target: make(
      pairs.map(({ target }) => target),
      options.targetTokenizer,
    ),
  };
}

const betweenUnspaced = new RegExp(
  String.raw`(?<=${unspacedLetter.source}|[\u3000-\u303F\uFF00-\uFFEF]) (?=\S)|(?<=\S) (?=${unspacedLetter.source}|[\u3000-\u303F\uFF00-\uFFEF])`,
  'gu',
);

/** The text of tokens. Whole words are joined as the language writes them: Chinese ones without spaces, punctuation without one before. */
export function textOf(tokens: readonly number[], tokenizer: Tokenizer): string {
  const text = tokenizer.decode(tokens);
  if (tokenizer.kind !== 'word') return text;
  return text
    .replace(betweenUnspaced, '')
    .replace(/ (?=[.,!?;:%)\]}]|['’](?:s|t|d|m|ll|re|ve)\b)/gu, '')
    .replace(/(?<=[([{]) /gu, '');
}
