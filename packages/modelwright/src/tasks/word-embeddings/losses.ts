import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  and,
  cast,
  div,
  equal,
  expandDimensions,
  gather,
  greater,
  indicator,
  lessEqual,
  log,
  matmul,
  matmulTransposed,
  maximum,
  mean,
  mul,
  neg,
  range,
  reshape,
  sigmoid,
  split,
  square,
  sub,
  sum,
} from '../../primitives/index.js';

/** A loss and what it is a sum over. */
export interface SummedLoss {
  readonly total: Tensor;
  /** Number of terms: pairs of words, or windows. */
  readonly terms: Tensor;
}

/** Text whose windows are learnt from; the words are rows of the tables. */
export interface StretchTensors {
  /** int32 [stretches, length] */
  readonly tokens: Tensor;
  /** int32 [stretches, length]: reach of each word's window, 0 for none. */
  readonly radii: Tensor;
  /** int32 [stretches, length]: windows stay within a sentence. */
  readonly sentences: Tensor;
  /** int32 [noise] */
  readonly noise: Tensor;
}

/**
 * Skip-gram with negative sampling (Mikolov et al., 2013): a word's vector v foretells the words u around it,
 *
 *     loss = sum over pairs of  -log s(v.u) - K mean over noise words n of log s(-v.n)
 *
 * with s the logistic function. The noise words are shared by all pairs of a step, so that their scores are one matrix product.
 * @param words [rows, dimensions] the vectors of words
 * @param contexts [rows, dimensions] the vectors of words as they stand around others
 * @param negatives K, the weight of the noise
 */
export function skipGramLoss(
  words: Tensor,
  contexts: Tensor,
  batch: StretchTensors,
  negatives: number,
): SummedLoss {
  const pairs = cast(windowPairs(batch), words.dtype);
  const centres = gather(words, batch.tokens);
  const scores = matmulTransposed(centres, gather(contexts, batch.tokens));
  const counts = sum(pairs, 2);
  const positive = neg(sum(mul(pairs, logSigmoid(scores))));
  return {
    total: positive.add(noiseLoss(centres, gather(contexts, batch.noise), counts, negatives)),
    terms: sum(counts),
  };
}

/**
 * Continuous bag of words with negative sampling (Mikolov et al., 2013): the mean h of the vectors around a word foretells it,
 *
 *     loss = sum over windows of  -log s(h.u) - K mean over noise words n of log s(-h.n)
 */
export function cbowLoss(
  words: Tensor,
  contexts: Tensor,
  batch: StretchTensors,
  negatives: number,
): SummedLoss {
  const pairs = cast(windowPairs(batch), words.dtype);
  const counts = sum(pairs, 2);
  const means = matmul(div(pairs, maximum(expandDimensions(counts, 2), 1)), gather(words, batch.tokens));
  const scores = sum(mul(means, gather(contexts, batch.tokens)), 2);
  const filled = cast(greater(counts, 0), words.dtype);
  const positive = neg(sum(mul(filled, logSigmoid(scores))));
  return {
    total: positive.add(noiseLoss(means, gather(contexts, batch.noise), filled, negatives)),
    terms: sum(filled),
  };
}

/** Whether the second word stands in the window of the first: bool [stretches, length, length]. */
function windowPairs({ tokens, radii, sentences }: StretchTensors): Tensor {
  const places = range(tokens.shape[1] as number);
  const distances = abs(sub(expandDimensions(places, 1), places));
  const near = and(greater(distances, 0), lessEqual(distances, expandDimensions(radii, 2)));
  return and(near, equal(expandDimensions(sentences, 2), expandDimensions(sentences, 1)));
}

/** K times the mean over the noise words n of -log s(-x.n), for each x as often as it counts. */
function noiseLoss(x: Tensor, noise: Tensor, counts: Tensor, negatives: number): Tensor {
  const [stretches, length, dimensions] = x.shape as [number, number, number];
  const scores = matmulTransposed(reshape(x, [stretches * length, dimensions]), noise);
  const means = mean(logSigmoid(neg(scores)), 1);
  return mul(sum(mul(reshape(counts, [stretches * length]), means)), -negatives);
}

/** log s(x), in operations that run several times as fast on the CPU as the softplus of -x; it ends at -69. */
function logSigmoid(x: Tensor): Tensor {
  return log(maximum(sigmoid(x), 1e-30));
}

/** Pairs of words and how often they are near each other. */
export interface PairTensors {
  /** int32 [pairs] */
  readonly first: Tensor;
  /** int32 [pairs] */
  readonly second: Tensor;
  /** float32 [pairs]: log of the count. */
  readonly logCounts: Tensor;
  /** float32 [pairs]: how much the pair counts. */
  readonly weights: Tensor;
}

/**
 * GloVe (Pennington et al., 2014): the products of vectors are to be the logarithms of the counts X,
 *
 *     loss = sum over pairs of  f(X) (w.c + b + b' - log X)²
 *
 * @param words [rows, dimensions + 1] the last column is the bias
 * @param contexts [rows, dimensions + 1]
 */
export function gloveLoss(
  words: Tensor,
  contexts: Tensor,
  { first, second, logCounts, weights }: PairTensors,
): SummedLoss {
  const sizes = [(words.shape[1] as number) - 1, 1];
  const [left, leftBias] = split(gather(words, first), sizes, 1) as [Tensor, Tensor];
  const [right, rightBias] = split(gather(contexts, second), sizes, 1) as [Tensor, Tensor];
  const products = sum(mul(left, right), 1);
  const difference = sub(products.add(sum(leftBias.add(rightBias), 1)), logCounts);
  return { total: sum(mul(weights, square(difference))), terms: sum(indicator(greater(weights, 0))) };
}
