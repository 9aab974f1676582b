import { countTokens } from '../../data/text/vocabulary.js';
import { InvalidInputError } from '../../saved/openModel.js';

/** The words that have vectors, most frequent first. */
export class Vocabulary {
  readonly words: readonly string[];
  /** How often each occurred in the corpus. */
  readonly counts: readonly number[];
  readonly #positions: ReadonlyMap<string, number>;

  /** @throws Error when a word is there twice, or there are not as many counts as words */
  constructor(words: readonly string[], counts: readonly number[]) {
    if (counts.length !== words.length) {
      throw new RangeError(
        `A vocabulary of ${words.length} words needs as many counts, but has ${counts.length}.`,
      );
    }
    this.words = words;
    this.counts = counts;
    this.#positions = new Map(words.map((word, position) => [word, position]));
    if (this.#positions.size < words.length) {
      const twice = words.find((word, position) => this.#positions.get(word) !== position);
      throw new Error(`The word '${twice}' is in the vocabulary twice.`);
    }
  }

  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.#positions.has(word);
  }

  /** Where a word stands; undefined for a word that is not in the vocabulary. */
  find(word: string): number | undefined {
    return this.#positions.get(word);
  }

  /** Where a word stands. @throws UnknownWordError, which names similar words */
  indexOf(word: string): number {
    const position = this.#positions.get(word);
    if (position === undefined) throw new UnknownWordError(word, similarWords(word, this.words));
    return position;
  }
}

/** A word was asked for that has no vector. */
export class UnknownWordError extends InvalidInputError {
  override readonly name = 'UnknownWordError';

  constructor(
    readonly word: string,
    /** Words of the vocabulary that are written much the same. */
    readonly suggestions: readonly string[],
  ) {
    const hint = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
    super(`The word '${word}' is not in the vocabulary.${hint}`);
  }
}

export interface WordVocabularyOptions {
  /** Words that occur less often are left out. Default: 5. */
  readonly minimumCount?: number | undefined;
  /** The most words to keep, the most frequent ones. Default: all. */
  readonly maximumSize?: number | undefined;
}

/**
 * The vocabulary of a corpus.
 * @throws Error when fewer than two words are left: there is nothing to tell apart
 */
export function buildWordVocabulary(
  sentences: Iterable<readonly string[]>,
  options: WordVocabularyOptions = {},
): Vocabulary {
  const { minimumCount = 5, maximumSize = Number.POSITIVE_INFINITY } = options;
  const counts = countTokens(sentences);
  if (counts.size === 0) throw new Error('The corpus is empty: it holds no words.');
  const kept = [...counts]
    .filter(([, count]) => count >= minimumCount)
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .slice(0, maximumSize);
  if (kept.length < 2) {
    throw new Error(
      `Of ${counts.size} different word(s) in the corpus ${kept.length} would be in the vocabulary (those that occur ${minimumCount} ` +
        `times or more, ${maximumSize} at most), and learning needs at least 2. Give more text, or a lower minimumCount.`,
    );
  }
  return new Vocabulary(
    kept.map(([word]) => word),
    kept.map(([, count]) => count),
  );
}

/** The words of a list that are written most like a word: at most a third of its letters differ. Most alike first. */
export function similarWords(word: string, words: readonly string[], most = 3): string[] {
  const letters = [...word.toLowerCase()];
  const limit = Math.max(1, Math.floor(letters.length / 3));
  return words
    .map((candidate) => ({ candidate, distance: editDistance(letters, [...candidate.toLowerCase()], limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Letters to insert, delete or replace to make one word of another (Levenshtein, 1966); infinite where it is above a limit. */
function editDistance(a: readonly string[], b: readonly string[], limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.entries()) {
    const current = [row + 1];
    for (const [column, other] of b.entries()) {
      current.push(
        Math.min(above[column]! + (letter === other ? 0 : 1), above[column + 1]! + 1, current[column]! + 1),
      );
    }
    above = current;
  }
  return above[b.length]!;
}
