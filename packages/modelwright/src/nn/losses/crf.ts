import { greaterEqual, sub } from '../../primitives/index.js';
import { chainScore, logPartition, requireSameTime, unpackChain } from '../sequences/linearChain.js';
import { defineLoss } from './loss.js';

/**
 * The negative log-likelihood of a linear-chain conditional random field: log of the sum over all sequences of tags of
 * exp(score), less the score of the true one (Lafferty et al., 2001).
 *
 * Prediction: what a `crf` layer gives. Target: tags, integers [batch, time], -1 at padding, which comes last. One value a
 * sequence; that of an empty one is 0.
 * @throws TypeError when the prediction does not come from a crf layer, or the target has another number of positions
 */
export const crfLoss = defineLoss<object>('crfLoss', (prediction, target) => {
  const chain = unpackChain('crfLoss', prediction);
  requireSameTime('crfLoss', chain.emissions, target, 'target');
  const mask = greaterEqual(target, 0);
  return { values: sub(logPartition(chain, mask), chainScore(chain, target)) };
});
