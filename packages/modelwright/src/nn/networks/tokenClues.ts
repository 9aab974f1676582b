import type { Tensor } from '../../graph/tensor.js';
import { requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';

/** Something that is known of each token beside which it is, as a whole number: the pair it makes with the next, its place in a word. */
export interface TokenClue {
  /** How many different numbers there are. */
  readonly vocabulary: number;
  /** Numbers in the vector of each. */
  readonly features: number;
}

/** Clues by their names, in the order of the network's inputs. */
export type TokenClues = Readonly<Record<string, TokenClue>>;

/** @throws RangeError for a size that is no whole number of at least 1 */
export function checkClues(who: string, clues: TokenClues): void {
  for (const [name, { vocabulary, features }] of Object.entries(clues)) {
    requireWhole(who, `vocabulary of ${name}`, vocabulary);
    requireWhole(who, `features of ${name}`, features);
  }
}

/**
 * The vectors of what is known of tokens, [batch, time, features] for each clue.
 * @param inputs of each clue in their order, integers [batch, time]
 * @param dropoutRate how many of their numbers are dropped
 */
export function clueVectors(
  context: Context,
  clues: TokenClues,
  inputs: readonly Tensor[],
  dropoutRate: number,
): Tensor[] {
  return Object.entries(clues).map(([name, { vocabulary, features }], i) => {
    const embed = tokenEmbedding(vocabulary, features, { positions: 'none', dropoutRate });
    return embed.call(context.child(name), inputs[i]!);
  });
}
