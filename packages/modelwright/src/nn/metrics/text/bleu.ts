import { requireWhole } from '../../checks.js';
import { checkReferences, countRuns, countShared } from './ngrams.js';
import { type BleuTokenization, bleuTokens } from './tokenize.js';

export interface BleuOptions {
  /** Default: '13a'. Say 'zh' for Chinese. */
  readonly tokenize?: BleuTokenization;
  /** Whether case is ignored. Default: false. */
  readonly lowercase?: boolean;
  /** The longest runs counted. Default: 4. */
  readonly maxOrder?: number;
  /**
   * What an order without any match counts. 'exp': half of a match, a quarter for the next such order, and so on (method 3 of
   * Chen and Cherry, 2014). 'none': nothing, and the score is 0. Default: 'exp'.
   */
  readonly smoothing?: 'exp' | 'none';
  /** Whether orders that no hypothesis is long enough for are left out; for single sentences. Default: false. */
  readonly effectiveOrder?: boolean;
}

export interface BleuScore {
  /** 0 .. 100. */
  readonly score: number;
  /** Of the runs of 1, 2, .. tokens in the hypotheses, how many in 100 are in a reference. */
  readonly precisions: readonly number[];
  /** exp(1 - reference length / hypothesis length) where the hypotheses are shorter, else 1. */
  readonly brevityPenalty: number;
  /** Tokens in all hypotheses. */
  readonly hypothesisLength: number;
  /** Tokens in the references closest in length. */
  readonly referenceLength: number;
}

/**
 * BLEU of a whole corpus: brevity penalty times the geometric mean of the precisions of runs of tokens (Papineni et al., 2002).
 * The numbers are those of sacreBLEU (Post, 2018) with equal settings.
 * @param hypotheses [sentences]
 * @param references [sentences][references]
 * @throws RangeError unless there is at least one reference for each hypothesis
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  const { tokenize = '13a', lowercase = false, maxOrder = 4 } = options;
  requireWhole('bleu', 'maxOrder', maxOrder);
  checkReferences('bleu', hypotheses, references);
  const tokensOf = (line: string): string[] => bleuTokens(lowercase ? line.toLowerCase() : line, tokenize);
  const shared = new Array<number>(maxOrder).fill(0);
  const total = new Array<number>(maxOrder).fill(0);
  let [hypothesisLength, referenceLength] = [0, 0];
  for (const [i, line] of hypotheses.entries()) {
    const hypothesis = tokensOf(line);
    const own = references[i]!.map(tokensOf);
    hypothesisLength += hypothesis.length;
    referenceLength += closest(
      hypothesis.length,
      own.map(({ length }) => length),
    );
    for (let order = 1; order <= maxOrder; order++) {
      const most = mostOf(own.map((tokens) => countRuns(tokens, order, ' ')));
      shared[order - 1]! += countShared(countRuns(hypothesis, order, ' '), most);
      total[order - 1]! += Math.max(0, hypothesis.length - order + 1);
    }
  }
  const brevityPenalty =
    hypothesisLength >= referenceLength ? 1 : Math.exp(1 - referenceLength / hypothesisLength);
  const precisions = precisionsOf(shared, total, options.smoothing ?? 'exp');
  const counted = options.effectiveOrder ? precisions.filter((_, i) => total[i]! > 0) : precisions;
  const mean = counted.reduce((sum, precision) => sum + Math.log(precision), 0) / counted.length;
  const score = shared.some((count) => count > 0) ? brevityPenalty * Math.exp(mean) : 0;
  return { score, precisions, brevityPenalty, hypothesisLength, referenceLength };
}

/** In 100, smoothed; all 0 where nothing matches at all. */
function precisionsOf(
  shared: readonly number[],
  total: readonly number[],
  smoothing: 'exp' | 'none',
): number[] {
  const anything = shared.some((count) => count > 0);
  let halvings = 0;
  return shared.map((count, i) => {
    if (!anything || total[i] === 0) return 0;
    if (count > 0) return (100 * count) / total[i]!;
    if (smoothing === 'none') return 0;
    halvings++;
    return 100 / (2 ** halvings * total[i]!);
  });
}

/** How often each run occurs in that reference in which it occurs most. */
function mostOf(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const each of counts) {
    for (const [run, count] of each) most.set(run, Math.max(count, most.get(run) ?? 0));
  }
  return most;
}

/** The length closest to `length`; of two, the shorter. */
function closest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, own) => {
    const [distance, other] = [Math.abs(own - length), Math.abs(best - length)];
    return distance < other || (distance === other && own < best) ? own : best;
  });
}
