import type { Tensor } from '../../graph/tensor.js';
import { concat } from '../../primitives/index.js';
import { requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import { lstm } from '../layers/recurrentCells.js';
import { tokenEmbedding } from '../layers/tokenEmbedding.js';
import { paddingMask } from './transformerClassifier.js';

/** What networks with a bidirectional LSTM over token vectors are made of. */
export interface BilstmOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** The token that fills up short sequences. Default: 0. */
  readonly padding?: number;
  /** Numbers in a token's vector. Default: 100. */
  readonly features?: number;
  /** Units of the recurrent layer in each direction. Default: 128. */
  readonly units?: number;
  /** How much is dropped of token vectors and of what the last layer is given. Default: 0.5. */
  readonly dropoutRate?: number;
}

/** @throws RangeError for an option outside its range */
export function checkBilstm(
  who: string,
  { vocabulary, features = 100, units = 128, dropoutRate = 0.5 }: BilstmOptions,
): void {
  for (const [name, value] of Object.entries({ vocabulary, features, units })) requireWhole(who, name, value);
  requireWithin(who, 'dropoutRate', dropoutRate, 0, 1);
}

/**
 * Token vectors, and an LSTM over them in both directions: states [batch, time, 2 units], 0 at padding, and what is not padding,
 * bool [batch, time].
 * @param more further features of each token, each [batch, time, features]
 */
export function bilstmStates(
  context: Context,
  { vocabulary, padding = 0, features = 100, units = 128, dropoutRate = 0.5 }: BilstmOptions,
  ids: Tensor,
  given: Tensor | undefined,
  more: readonly Tensor[] = [],
): { readonly states: Tensor; readonly mask: Tensor } {
  const mask = paddingMask(ids, given, padding)!;
  const embed = tokenEmbedding(vocabulary, features, { positions: 'none', dropoutRate });
  const own = embed.call(context.child('tokens'), ids);
  const vectors = more.length > 0 ? concat([own, ...more], 2) : own;
  return { states: lstm(units, { bidirectional: true }).call(context.child('lstm'), vectors, mask), mask };
}
