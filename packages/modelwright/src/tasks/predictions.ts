import type { NdArray } from '../graph/array.js';

/** A class, and how likely it is. */
export interface Prediction {
  readonly label: string;
  readonly probability: number;
}

/**
 * The likeliest classes, likeliest first.
 * @param labels names of the classes; where left out, classes are named by their numbers
 * @param probabilities `[1, classes]`
 * @param top the most classes to give
 */
export function topPredictions(
  labels: readonly string[] | undefined,
  probabilities: NdArray,
  top: number,
): Prediction[] {
  return probabilities
    .toNumbers()
    .map((probability, i) => ({ label: labels?.[i] ?? String(i), probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}
