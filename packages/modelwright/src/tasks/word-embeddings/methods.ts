import type { Tensor } from '../../graph/tensor.js';
import type { BatchSource } from './batch.js';
import { countCooccurrences, PairSampler } from './cooccurrences.js';
import type { EncodedCorpus } from './corpus.js';
import {
  cbowLoss,
  gloveLoss,
  type PairTensors,
  type StretchTensors,
  type SummedLoss,
  skipGramLoss,
} from './losses.js';
import { StretchSampler } from './stretches.js';
import type { Vocabulary } from './vocabulary.js';

/** What a method of learning word vectors can be told; each uses what it needs. */
export interface MethodOptions {
  /** How far a window reaches to either side, in words. */
  readonly window: number;
  /** Words, or for GloVe pairs of words, in a step. */
  readonly batchSize: number;
  /** Share of the corpus above which words are thinned out; 0 keeps all. */
  readonly subsample: number;
  /** Noise words that each pair counts as much as. */
  readonly negatives: number;
  /** GloVe: the count from which on all pairs weigh the same. */
  readonly maximumCount: number;
}

/** A way of learning word vectors: what the batches are, and the loss. */
export interface Method {
  readonly learningRate: number;
  readonly epochs: number;
  /** Columns of a vector while it is learnt, for its dimensions. */
  readonly width: (dimensions: number) => number;
  /** Whether the vectors of contexts begin small, as those of words do, or at zero. */
  readonly smallContexts: boolean;
  readonly batches: (corpus: EncodedCorpus, vocabulary: Vocabulary, options: MethodOptions) => BatchSource;
  readonly loss: (
    words: Tensor,
    contexts: Tensor,
    batch: Readonly<Record<string, Tensor>>,
    options: MethodOptions,
  ) => SummedLoss;
}

type Batch<T> = T & Readonly<Record<string, Tensor>>;

const stretches: Method['batches'] = (corpus, vocabulary, options) =>
  new StretchSampler(corpus, vocabulary, options);

/** The methods by name. */
export const methods = {
  'skip-gram': {
    learningRate: 0.05,
    epochs: 5,
    width: (dimensions) => dimensions,
    smallContexts: false,
    batches: stretches,
    loss: (words, contexts, batch, { negatives }) =>
      skipGramLoss(words, contexts, batch as Batch<StretchTensors>, negatives),
  },
  cbow: {
    learningRate: 0.05,
    epochs: 5,
    width: (dimensions) => dimensions,
    smallContexts: false,
    batches: stretches,
    loss: (words, contexts, batch, { negatives }) =>
      cbowLoss(words, contexts, batch as Batch<StretchTensors>, negatives),
  },
  glove: {
    learningRate: 0.05,
    epochs: 15,
    width: (dimensions) => dimensions + 1,
    smallContexts: true,
    batches: (corpus, { size }, { window, batchSize, maximumCount }) =>
      new PairSampler(countCooccurrences(corpus, size, window), batchSize, maximumCount),
    loss: (words, contexts, batch) => gloveLoss(words, contexts, batch as Batch<PairTensors>),
  },
} as const satisfies Readonly<Record<string, Method>>;

/** Name of a method. */
export type MethodName = keyof typeof methods;

/** @throws Error when there is no such method */
export function requireMethod(name: string): MethodName {
  if (Object.hasOwn(methods, name)) return name as MethodName;
  throw new Error(
    `There is no method '${name}' for word embeddings. There is ${Object.keys(methods).join(', ')}.`,
  );
}
