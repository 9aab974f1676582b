/** The special tokens of every vocabulary, in the order of their ids: padding 0, unknown 1, begin 2, end 3. */
export const specialTokens = { padding: '<pad>', unknown: '<unk>', begin: '<s>', end: '</s>' } as const;

/** The ids of the special tokens. */
export const specialIds = { padding: 0, unknown: 1, begin: 2, end: 3 } as const;

export interface VocabularyOptions {
  /** How often a token must occur to be taken. Default: 1. */
  readonly minimumCount?: number | undefined;
  /** The most tokens, the special ones included; the rarest are left out. Default: no limit. */
  readonly maximumSize?: number | undefined;
}

/** How often each token occurs. */
export function countTokens(texts: Iterable<readonly string[]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const tokens of texts) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

/**
 * The tokens of a vocabulary in the order of their ids: special ones, then by falling count, equal counts in code point order.
 * @throws RangeError when no token is left
 */
export function buildVocabulary(
  counts: ReadonlyMap<string, number>,
  { minimumCount = 1, maximumSize = Number.POSITIVE_INFINITY }: VocabularyOptions = {},
): string[] {
  const special: string[] = Object.values(specialTokens);
  const tokens = [...counts]
    .filter(([token, count]) => count >= minimumCount && !special.includes(token))
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .slice(0, Math.max(maximumSize - special.length, 0))
    .map(([token]) => token);
  if (tokens.length === 0) {
    throw new RangeError(
      `The vocabulary is empty: of ${counts.size} different tokens none occurs ${minimumCount} times or more within a size of ` +
        `${maximumSize}. Give more text, a smaller minimumCount, or a maximumSize above ${special.length}.`,
    );
  }
  return [...special, ...tokens];
}
