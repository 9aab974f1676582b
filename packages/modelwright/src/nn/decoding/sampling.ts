import type { Random } from '../../graph/random.js';
import { requireWhole } from '../checks.js';

/** How a token is chosen from its logits. */
export interface SamplingOptions {
  /** By what the logits are divided before softmax. At 0 the largest logit is taken, without chance. Default: 0. */
  readonly temperature?: number;
  /** Only the k largest logits count, and those equal to the last of them. Default: all. */
  readonly topK?: number;
  /**
   * Only the fewest most probable tokens that together reach this probability count, in (0, 1] (Holtzman et al., 2020).
   * Default: 1, all.
   */
  readonly topP?: number;
  /**
   * The logits of tokens that occurred already are divided by this where positive and multiplied where negative (Keskar et
   * al., 2019). Default: 1, no change.
   */
  readonly repetitionPenalty?: number;
}

/** @throws RangeError for an option outside its range */
export function checkSampling(who: string, options: SamplingOptions): void {
  const { temperature = 0, topK = 1, topP = 1, repetitionPenalty = 1 } = options;
  const expect = (right: boolean, what: string, value: number, expected: string): void => {
    if (!right) throw new RangeError(`${who}: ${what} is ${value}; expected ${expected}.`);
  };
  expect(temperature >= 0 && temperature < Number.POSITIVE_INFINITY, 'temperature', temperature, '0 or more');
  expect(topP > 0 && topP <= 1, 'topP', topP, 'more than 0 and at most 1');
  expect(repetitionPenalty > 0, 'repetitionPenalty', repetitionPenalty, 'more than 0');
  requireWhole(who, 'topK', topK);
}

/**
 * The token that follows: the most probable one at temperature 0, the first among equals; otherwise one drawn.
 * @param history tokens so far, for the repetition penalty
 */
export function chooseToken(
  logits: ArrayLike<number>,
  history: Iterable<number>,
  options: SamplingOptions,
  random: Random,
): number {
  const { temperature = 0, repetitionPenalty = 1 } = options;
  if (temperature > 0) return draw(tokenProbabilities(logits, history, options), random);
  return largestIndex(penalized(logits, history, repetitionPenalty));
}

/**
 * What each token's chance of being drawn is, with the options applied in this order: repetition penalty, temperature
 * (1 unless given), top-k, top-p.
 * @param logits [vocabulary]
 * @param history tokens so far
 * @returns [vocabulary], adding up to 1
 */
export function tokenProbabilities(
  logits: ArrayLike<number>,
  history: Iterable<number>,
  options: SamplingOptions,
): Float64Array {
  const { temperature = 1, topK = logits.length, topP = 1, repetitionPenalty = 1 } = options;
  const scaled = penalized(logits, history, repetitionPenalty).map((logit) => logit / temperature);
  const least = topK < scaled.length ? scaled.toSorted()[scaled.length - topK]! : Number.NEGATIVE_INFINITY;
  const probabilities = softmax(scaled.map((logit) => (logit >= least ? logit : Number.NEGATIVE_INFINITY)));
  return topP < 1 ? normalized(nucleus(probabilities, topP)) : probabilities;
}

function penalized(logits: ArrayLike<number>, history: Iterable<number>, penalty: number): Float64Array {
  const values = Float64Array.from(logits);
  if (penalty === 1) return values;
  for (const token of new Set(history)) {
    const logit = values[token]!;
    values[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return values;
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits[largestIndex(logits)]!;
  return normalized(logits.map((logit) => Math.exp(logit - largest)));
}

function normalized(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The probabilities of the fewest tokens that reach `share`, and of those as probable as the last of them; 0 elsewhere. */
function nucleus(probabilities: Float64Array, share: number): Float64Array {
  const rising = probabilities.toSorted();
  let position = rising.length - 1;
  for (let reached = rising[position]!; reached < share && position > 0; reached += rising[position]!)
    position--;
  const least = rising[position]!;
  return probabilities.map((probability) => (probability >= least ? probability : 0));
}

function draw(probabilities: Float64Array, random: Random): number {
  const point = random.uniform();
  let reached = 0;
  let last = 0;
  for (const [token, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    reached += probability;
    last = token;
    if (point < reached) break;
  }
  return last;
}

/** Where the largest value is; the first among equals. */
export function largestIndex(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
