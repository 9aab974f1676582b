import type { LabelledText, Tokenizer, TokenizerKind } from '../../data/text/index.js';
import { requireChoice } from '../choices.js';
import { makeTokenizer } from '../madeTokenizer.js';
import type { TextClassificationTrainOptions } from './options.js';

const kinds: readonly string[] = ['word', 'character', 'bpe', 'wordpiece'] satisfies TokenizerKind[];

/**
 * What the tokens of these texts are, where it is not said: characters for networks where most of the text is Chinese, Japanese or the
 * like, otherwise words. Counting goes by words in every language, for it sees no neighbours.
 */
export function tokenKind(
  train: readonly LabelledText[],
  { model, tokenizer }: Pick<TextClassificationTrainOptions, 'model' | 'tokenizer'>,
): string {
  if (tokenizer !== undefined || model === 'naive-bayes') return tokenizer ?? 'word';
  const sample = train
    .slice(0, 1000)
    .map(({ text }) => text)
    .join('');
  const ideographs = sample.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  return ideographs > sample.length / 4 ? 'character' : 'word';
}

/** A tokenizer for texts like these. @throws Error when there is no such kind, or nothing to make a vocabulary of */
export function tokenizerFor(
  train: readonly LabelledText[],
  kind: string,
  { data, minimumCount, vocabularySize = 30_000 }: TextClassificationTrainOptions,
): Tokenizer {
  requireChoice('tokenizer', kind, kinds);
  return makeTokenizer(
    data,
    train.map(({ text }) => text),
    { kind: kind as TokenizerKind, minimumCount, maximumSize: vocabularySize, clean: { lowercase: true } },
  );
}
