import { specialIds, type Tokenizer } from '../../data/text/index.js';
import type { ParallelText } from './pairs.js';
import type { TranslationSettings } from './settings.js';
import type { TranslationTokenizers } from './tokenizers.js';

/** A pair of texts as numbers. */
export interface EncodedPair {
  readonly source: readonly number[];
  /** What the decoder is to give: the target's ids and the end, the latter not where the target was cut off. */
  readonly target: readonly number[];
}

/** Pairs as numbers, and how many were cut off. */
export interface EncodedPairs {
  readonly pairs: readonly EncodedPair[];
  readonly truncated: number;
}

/**
 * Pairs of texts as numbers.
 * @throws Error naming file and line of a text with no token, or with too many where those are refused
 */
export function encodePairs(
  pairs: readonly ParallelText[],
  tokenizers: TranslationTokenizers,
  { maximumLength, tooLong }: Pick<TranslationSettings, 'maximumLength' | 'tooLong'>,
): EncodedPairs {
  let truncated = 0;
  const encoded = pairs.map((pair): EncodedPair => {
    const side = (name: 'source' | 'target', tokenizer: Tokenizer): number[] => {
      const ids = tokenizer.encode(pair[name]);
      if (ids.length > 0) return ids;
      throw new Error(`${pair.file}:${pair.line}: the ${name} has no token in it.`);
    };
    const source = side('source', tokenizers.source);
    const target = [...side('target', tokenizers.target), specialIds.end];
    const longest = Math.max(source.length, target.length);
    if (longest <= maximumLength) return { source, target };
    if (tooLong === 'refuse') {
      throw new Error(
        `${pair.file}:${pair.line}: a text has ${longest} tokens, its end included, but the model takes ${maximumLength}. ` +
          'Shorten it, raise the maximum length, or let texts be cut off (truncate).',
      );
    }
    truncated++;
    return { source: source.slice(0, maximumLength), target: target.slice(0, maximumLength) };
  });
  return { pairs: encoded, truncated };
}
