import { requireWhole } from '../checks.js';
import type { DecodingLimits } from './generate.js';
import { columnOf, nextLogits, promptArray, type StepModel } from './stepModel.js';

export interface BeamSearchOptions extends DecodingLimits {
  /** How many continuations of each sequence are kept at every step. Default: 4. */
  readonly beams?: number;
  /**
   * How much longer continuations are favoured: the log-probability is divided by ((5 + length) / 6) ^ lengthPenalty (Wu et al.,
   * 2016), with the end token in the length. At 0 the most probable continuation wins. Default: 0.6.
   */
  readonly lengthPenalty?: number;
  /** Ends the search when it fires; the best continuations so far are given, which may not have ended. */
  readonly signal?: AbortSignal | undefined;
}

/** A continuation that beam search found. */
export interface Hypothesis {
  /** Without prompt and end token. */
  readonly tokens: readonly number[];
  /** The natural logarithm of its probability, that of the end token included. */
  readonly logProbability: number;
  /** What hypotheses are ranked by: the log-probability after the length penalty. */
  readonly score: number;
  /** Whether it reached the end token, rather than the limit of tokens. */
  readonly ended: boolean;
}

interface Beam {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** A continuation by one token of the beam that stands in this row of the model. */
interface Candidate {
  readonly row: number;
  readonly token: number;
  readonly logProbability: number;
}

interface Search {
  beams: readonly Beam[];
  readonly found: Hypothesis[];
}

/**
 * Looks for the most probable continuations, keeping several open.
 *
 * At each step the best continuations of a sequence are kept, as many as there are beams; one that ends leaves the beam and
 * narrows it (Sutskever et al., 2014). With one beam this is greedy decoding. Open continuations that can no longer beat the
 * best that ended are given up.
 * @param prompts all of one length, at least one token each
 * @returns for each prompt what was found, best first: at least one, at most as many as there are beams
 * @throws RangeError for an option outside its range, or a model whose logits are no numbers
 */
export async function beamSearch(
  model: StepModel,
  prompts: readonly (readonly number[])[],
  options: BeamSearchOptions,
): Promise<Hypothesis[][]> {
  const search = beamSearchSteps(model, prompts, options);
  for (;;) {
    const step = await search.next();
    if (step.done) return step.value;
  }
}

/**
 * The same search step by step. After each step it gives, for each prompt, the tokens with which everything found so far and
 * everything still open begins: whatever wins in the end begins with them.
 */
export async function* beamSearchSteps(
  model: StepModel,
  prompts: readonly (readonly number[])[],
  options: BeamSearchOptions,
): AsyncGenerator<readonly (readonly number[])[], Hypothesis[][], undefined> {
  const { maxTokens, end, beams = 4, lengthPenalty = 0.6, signal } = options;
  requireWhole('beamSearch', 'maxTokens', maxTokens);
  requireWhole('beamSearch', 'beams', beams);
  if (!(lengthPenalty >= 0)) {
    throw new RangeError(`beamSearch: lengthPenalty is ${lengthPenalty}; expected 0 or more.`);
  }
  const penalty = (length: number): number => ((5 + length) / 6) ** lengthPenalty;
  const hypothesis = ({ tokens, logProbability }: Beam, ended: boolean): Hypothesis => {
    const score = logProbability / penalty(tokens.length + Number(ended));
    return { tokens, logProbability, score, ended };
  };

  const searches: Search[] = prompts.map(() => ({ beams: [{ tokens: [], logProbability: 0 }], found: [] }));
  let tokens = promptArray('beamSearch', prompts);
  for (let length = 1; length <= maxTokens && tokens.shape[0]! > 0 && !signal?.aborted; length++) {
    const logits = await nextLogits('beamSearch', model, tokens);
    const kept: Candidate[] = [];
    let row = 0;
    for (const search of searches) {
      const first = row;
      const candidates = search.beams.flatMap(({ logProbability }) =>
        continuations(logits[row]!, row++, logProbability, beams),
      );
      const best = topOf(candidates, beams - search.found.length, (candidate) => candidate.logProbability);
      const extended = best.map((candidate): Beam & Candidate => {
        const before = search.beams[candidate.row - first]!.tokens;
        return { ...candidate, tokens: candidate.token === end ? before : [...before, candidate.token] };
      });
      search.found.push(
        ...extended.filter(({ token }) => token === end).map((beam) => hypothesis(beam, true)),
      );
      const bar = Math.max(...search.found.map(({ score }) => score));
      const open = extended.filter(
        ({ token, logProbability }) => token !== end && logProbability / penalty(maxTokens) > bar,
      );
      search.beams = open;
      kept.push(...open);
    }
    yield searches.map(({ beams: open, found }) => sharedBeginning([...found, ...open]));
    if (kept.length > 0 && length < maxTokens) await model.reorder(kept.map((candidate) => candidate.row));
    tokens = columnOf(kept.map((candidate) => candidate.token));
  }
  return searches.map(({ beams: open, found }) =>
    [...found, ...open.map((beam) => hypothesis(beam, false))].sort((a, b) => b.score - a.score),
  );
}

/** The tokens with which all of these begin. */
function sharedBeginning(sequences: readonly Pick<Beam, 'tokens'>[]): readonly number[] {
  const [first, ...others] = sequences;
  const tokens = first!.tokens;
  const apart = tokens.findIndex((token, i) => others.some((other) => other.tokens[i] !== token));
  return apart < 0 ? tokens : tokens.slice(0, apart);
}

/** The most probable continuations of one beam by a token. */
function continuations(logits: Float32Array, row: number, before: number, count: number): Candidate[] {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  const offset = before - largest - Math.log(total);
  const tokens = topOf(logits.keys(), count, (token) => logits[token]!);
  return tokens
    .map((token) => ({ row, token, logProbability: offset + logits[token]! }))
    .filter(({ logProbability }) => logProbability > Number.NEGATIVE_INFINITY);
}

/** The `count` items with the largest values, largest first; of equal ones those that come first. */
function topOf<Item>(items: Iterable<Item>, count: number, value: (item: Item) => number): Item[] {
  const best: Item[] = [];
  for (const item of items) {
    const own = value(item);
    if (best.length === count && own <= value(best[count - 1]!)) continue;
    const place = best.findLastIndex((other) => value(other) >= own) + 1;
    best.splice(place, 0, item);
    if (best.length > count) best.pop();
  }
  return best;
}
