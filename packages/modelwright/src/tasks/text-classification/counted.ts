// Naive Bayes as a model that is saved and served like the networks.
import { bagOfTokens } from '../../nn/layers/bagOfTokens.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { TrainedModel } from '../../train/trained.js';
import { type EncodedTexts, textBatches } from './encoded.js';
import { fitNaiveBayes } from './naiveBayes.js';

/** Naive Bayes as a model: a linear function of counts. */
export async function countedModel(
  train: EncodedTexts,
  options: { readonly vocabulary: number; readonly labels: readonly string[]; readonly seed: number },
): Promise<TrainedModel> {
  const { vocabulary, labels, seed } = options;
  const { priors, scores } = fitNaiveBayes(train, { vocabulary, classes: labels.length });
  const batchSize = 64;
  const batches = textBatches(train, { batchSize, labels });
  const count = train.targets.length;
  return new TrainedModel({
    model: bagOfTokens(vocabulary, labels.length),
    variables: { parameters: { scores: { weight: scores }, bias: priors }, state: {} },
    history: { epochs: [] },
    loss: crossEntropy,
    metrics: [accuracy],
    batchTypes: {
      input_ids: { dtype: 'int32', shape: [batchSize, 'time'] },
      target: { dtype: 'int32', shape: [batchSize] },
    },
    classNames: labels,
    training: {
      seed,
      epochs: 1,
      batchSize,
      steps: 0,
      seconds: 0,
      optimizer: 'counts',
      learningRate: 0,
      loss: 'crossEntropy',
      examples: count,
      fingerprint: await batches.fingerprint(),
      workers: 1,
      device: 'cpu',
    },
  });
}
