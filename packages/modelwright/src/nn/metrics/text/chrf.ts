import { requireWhole } from '../../checks.js';
import { checkReferences, countRuns, countShared } from './ngrams.js';
import { words } from './tokenize.js';

export interface ChrfOptions {
  /** The longest runs of characters counted. Default: 6. */
  readonly characterOrder?: number;
  /** The longest runs of words counted. 2 gives chrF++. Default: 0, none. */
  readonly wordOrder?: number;
  /** How much more recall counts than precision. Default: 2. */
  readonly beta?: number;
  /** Whether case is ignored. Default: false. */
  readonly lowercase?: boolean;
}

/** Of one order: runs in the hypothesis, in the reference, in both. */
type Counts = readonly [hypothesis: number, reference: number, shared: number];

/**
 * chrF of a whole corpus, 0 .. 100: the F-score of runs of characters, white space left out (Popović, 2015).
 * The numbers are those of sacreBLEU with equal settings. With several references the one with the best score counts.
 * @param hypotheses [sentences]
 * @param references [sentences][references]
 * @throws RangeError unless there is at least one reference for each hypothesis
 */
export function chrf(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: ChrfOptions = {},
): number {
  const { characterOrder = 6, wordOrder = 0, beta = 2, lowercase = false } = options;
  requireWhole('chrf', 'characterOrder', characterOrder);
  requireWhole('chrf', 'wordOrder', wordOrder, 0);
  checkReferences('chrf', hypotheses, references);
  const runsOf = (line: string): ReadonlyMap<string, number>[] => {
    const text = lowercase ? line.toLowerCase() : line;
    const characters = Array.from(words(text).join(''));
    const parts = words(text).flatMap(withoutPunctuation);
    return [
      ...Array.from({ length: characterOrder }, (_, i) => countRuns(characters, i + 1, '')),
      ...Array.from({ length: wordOrder }, (_, i) => countRuns(parts, i + 1, ' ')),
    ];
  };
  const totals = Array.from(
    { length: characterOrder + wordOrder },
    () => [0, 0, 0] as [number, number, number],
  );
  for (const [i, hypothesis] of hypotheses.entries()) {
    const own = runsOf(hypothesis);
    const candidates = references[i]!.map((reference) => countsOf(own, runsOf(reference)));
    const best = candidates.reduce((a, b) => (scoreOf(b, beta) > scoreOf(a, beta) ? b : a));
    for (const [order, counts] of best.entries()) {
      for (const [k, count] of counts.entries()) totals[order]![k]! += count;
    }
  }
  return scoreOf(totals, beta);
}

function countsOf(
  hypothesis: readonly ReadonlyMap<string, number>[],
  reference: readonly ReadonlyMap<string, number>[],
): Counts[] {
  return hypothesis.map((own, order): Counts => {
    const other = reference[order]!;
    return [other.size > 0 ? sizeOf(own) : 0, sizeOf(other), countShared(own, other)];
  });
}

function sizeOf(runs: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const count of runs.values()) size += count;
  return size;
}

/** The F-score of the mean precision and recall over the orders that both texts are long enough for. */
function scoreOf(counts: readonly Counts[], beta: number): number {
  const counted = counts.filter(([hypothesis, reference]) => hypothesis > 0 && reference > 0);
  const mean = (share: (counts: Counts) => number): number =>
    counted.reduce((sum, each) => sum + share(each), 0) / Math.max(1, counted.length);
  const precision = mean(([hypothesis, , shared]) => shared / hypothesis);
  const recall = mean(([, reference, shared]) => shared / reference);
  if (precision + recall === 0) return 0;
  return (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
}

/** A word and the punctuation at its end or else at its start. */
function withoutPunctuation(word: string): string[] {
  const characters = Array.from(word);
  if (characters.length === 1) return [word];
  const isPunctuation = (character: string): boolean => /^[!-/:-@[-`{-~]$/.test(character);
  if (isPunctuation(characters.at(-1)!)) return [characters.slice(0, -1).join(''), characters.at(-1)!];
  if (isPunctuation(characters[0]!)) return [characters[0]!, characters.slice(1).join('')];
  return [word];
}
