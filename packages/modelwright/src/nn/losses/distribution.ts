// Losses that compare distributions, rates or directions.
import { add, div, exp, log, maximum, mul, sqrt, square, sub, sum } from '../../primitives/index.js';
import { defineLoss } from './loss.js';
import { elementTarget } from './targets.js';

export interface KullbackLeiblerOptions {
  /** Whether the target is given as log-probabilities too. Default: false. */
  readonly logTarget?: boolean;
}

/**
 * The Kullback-Leibler divergence of the prediction from the target, sum over the last axis of t (log t - x).
 *
 * Prediction: log-probabilities [batch, .., classes], from logSoftmax. Target: probabilities of the same shape; 0 log 0 is 0.
 * The mean is over examples (and further axes): PyTorch's 'batchmean', not its 'mean', which divides by the classes as well.
 */
export const kullbackLeibler = defineLoss<KullbackLeiblerOptions>(
  'kullbackLeibler',
  (prediction, target, { logTarget = false }) => {
    if (prediction.rank < 2) {
      throw new TypeError(`kullbackLeibler: the prediction is ${prediction}; expected [batch, .., classes].`);
    }
    const t = elementTarget('kullbackLeibler', prediction, target);
    const [probability, logProbability] = logTarget ? [exp(t), t] : [t, log(maximum(t, 1e-30))];
    return { values: sum(mul(probability, sub(logProbability, prediction)), -1) };
  },
);

/**
 * 1 - cos(angle between x and t) along the last axis, 0 .. 2; 1 where either is all zeros. As PyTorch's CosineEmbeddingLoss for
 * pairs that belong together. Prediction and target: [batch, .., features].
 */
export const cosineSimilarityLoss = defineLoss<object>('cosineSimilarityLoss', (x, target) => {
  if (x.rank < 2) {
    throw new TypeError(`cosineSimilarityLoss: the prediction is ${x}; expected [batch, .., features].`);
  }
  const t = elementTarget('cosineSimilarityLoss', x, target);
  const [xx, tt] = [x, t].map((v) => add(sum(square(v), -1), 1e-12));
  return { values: sub(1, div(sum(mul(x, t), -1), sqrt(mul(xx!, tt!)))) };
});

/**
 * The negative log-likelihood of counts under a Poisson distribution, exp(x) - t x, without the term log t! that no
 * gradient sees. Prediction: the logarithm of the rate, [batch, ..]. Target: counts of the same shape.
 */
export const poisson = defineLoss<object>('poisson', (x, target) => ({
  values: sub(exp(x), mul(elementTarget('poisson', x, target), x)),
}));
