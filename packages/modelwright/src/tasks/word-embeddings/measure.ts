import type { WordVectors } from './wordVectors.js';

/**
 * The share of nearest neighbours that are of a word's own class: over all words of the classes, among their `k` nearest words. A neighbour
 * that is in no class is a wrong one.
 */
export function neighbourAccuracy(
  vectors: WordVectors,
  classes: Readonly<Record<string, readonly string[]>>,
  k = 5,
): number {
  const classOf = new Map(
    Object.entries(classes).flatMap(([name, words]) => words.map((word) => [word, name] as const)),
  );
  let [right, all] = [0, 0];
  for (const [word, name] of classOf) {
    if (!vectors.vocabulary.has(word)) continue;
    const neighbours = vectors.nearest(word, k);
    right += neighbours.filter((neighbour) => classOf.get(neighbour.word) === name).length;
    all += neighbours.length;
  }
  return all === 0 ? Number.NaN : right / all;
}

/** Questions "a is to b as c is to d", by section. */
export type AnalogySections = Readonly<
  Record<string, readonly (readonly [string, string, string, string])[]>
>;

/** How many questions were answered rightly. */
export interface AnalogyScore {
  readonly right: number;
  /** Questions whose four words are all in the vocabulary; the others are not asked. */
  readonly asked: number;
  readonly skipped: number;
}

/** Asks questions (3CosAdd) and counts the right answers, by section. */
export function scoreAnalogies(
  vectors: WordVectors,
  sections: AnalogySections,
): Record<string, AnalogyScore> {
  return Object.fromEntries(
    Object.entries(sections).map(([name, questions]) => {
      const known = questions.filter((question) => question.every((word) => vectors.vocabulary.has(word)));
      const right = known.filter(([a, b, c, d]) => vectors.analogy(a, b, c)[0]?.word === d).length;
      return [name, { right, asked: known.length, skipped: questions.length - known.length }];
    }),
  );
}
