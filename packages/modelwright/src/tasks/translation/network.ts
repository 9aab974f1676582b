import { specialIds } from '../../data/text/index.js';
import type { CachedDecoderOptions } from '../../nn/decoding/index.js';
import type { Layer } from '../../nn/layer.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { translationTransformer } from '../../nn/networks/index.js';
import { adam, cosineDecay, inverseSqrtDecay } from '../../optim/index.js';
import { trainingPlatform } from '../../train/platform.js';
import { TrainedModel } from '../../train/trained.js';
import { trainNetwork } from '../trainNetwork.js';
import { pairBatches } from './batches.js';
import type { EncodedPair } from './encoded.js';
import type { TranslationTrainOptions } from './options.js';
import type { TranslationSettings } from './settings.js';
import type { TranslationTokenizers } from './tokenizers.js';

/** Workers, each on its part of a batch, wait less for each other than the threads of one session; but each part should be large. */
const mostWorkers = 4;
/** The steps of narrower networks are too short to be shared. */
const widthWorthSharing = 128;

/** What of the network a decoder is given beside the tokens. */
export const decoderInputs: CachedDecoderOptions['inputs'] = [
  { name: 'input_ids', dtype: 'int32', shape: ['batch', 'source_time'] },
];

function networkFor(settings: TranslationSettings, { source, target }: TranslationTokenizers): Layer {
  const { width, layers, heads, hidden, dropout } = settings;
  return translationTransformer({
    sourceVocabulary: source.vocabularySize,
    targetVocabulary: target.vocabularySize,
    padding: specialIds.padding,
    width,
    layers,
    heads,
    hidden,
    activation: 'relu',
    dropoutRate: dropout,
    tied: true,
  });
}

/** What a network is trained on. */
export interface TranslationData {
  readonly train: readonly EncodedPair[];
  readonly validation: readonly EncodedPair[];
  readonly tokenizers: TranslationTokenizers;
  readonly fingerprint: () => Promise<string>;
}

/** Trains the network; the best epoch's parameters are kept. */
export async function trainTranslationNetwork(
  options: TranslationTrainOptions,
  settings: TranslationSettings,
  { train, validation, tokenizers, fingerprint }: TranslationData,
): Promise<TrainedModel> {
  const { batchTokens, seed, epochs, labelSmoothing, learningRate, patience } = settings;
  const batches = pairBatches(train, { batchTokens, seed, fingerprint });
  const steps = epochs * batches.length;
  const warmup = settings.warmup ?? Math.min(400, Math.floor(steps / 10));
  const schedule =
    settings.schedule === 'cosine'
      ? cosineDecay(learningRate, { steps, warmup: Math.min(warmup, steps - 1) })
      : inverseSqrtDecay(learningRate, { warmup: Math.max(warmup, 1) });
  const best = { metric: 'loss' } as const;
  const batchSize = Math.round(train.length / batches.length);
  const trained = await trainNetwork(
    networkFor(settings, tokenizers),
    batches,
    {
      loss: crossEntropy.with({ classAxis: -1, ignoreIndex: specialIds.padding, labelSmoothing }),
      optimizer: adam(schedule, { beta2: 0.98, epsilon: 1e-9 }),
      clipNorm: 1,
      ...(settings.width >= widthWorthSharing && {
        workers: Math.min(trainingPlatform().cores, mostWorkers),
      }),
      epochs,
      batchSize,
      validation: pairBatches(validation, { batchTokens }),
      ...(patience === undefined ? { keepBest: best } : { earlyStopping: { ...best, patience } }),
    },
    { options, model: 'transformer', examples: { train: train.length, validation: validation.length } },
  );
  const type = (time: string) => ({ dtype: 'int32', shape: ['batch', time] }) as const;
  return new TrainedModel({
    ...trained,
    training: { ...trained.training, examples: train.length, batchSize },
    batchTypes: { input_ids: type('source_time'), decoder_input_ids: type('time'), target: type('time') },
  });
}
