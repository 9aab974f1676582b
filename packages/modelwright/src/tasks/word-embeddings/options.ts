import type { EvaluateOptions, TrainOptions } from '../options.js';
import type { SplitOptions } from './words.js';

/** How to learn word embeddings. What is left out takes the method's default. */
export interface WordEmbeddingsTrainOptions extends TrainOptions, SplitOptions {
  /** A text file (UTF-8, a sentence or paragraph a line), or `grammar`, sentences made here of words whose classes are known. */
  readonly data: string;
  /** `skip-gram`, `cbow` or `glove`. Default: `skip-gram`. */
  readonly model?: string | undefined;
  /** Default: 100; 50 for `grammar`. */
  readonly dimensions?: number | undefined;
  /** Default: 10; 30 for `glove`. */
  readonly epochs?: number | undefined;
  /** Words in a step; for `glove` pairs of words. Default: a hundredth of the corpus, from 1024 to 4096; 512 pairs up to 4096. */
  readonly batchSize?: number | undefined;
  /** Default: 0.05. */
  readonly learningRate?: number | undefined;
  /** How far a window reaches to either side, in words, 1 to 15. Default: 5. */
  readonly window?: number | undefined;
  /** Noise words that count against each pair; not for `glove`. Default: 5. */
  readonly negatives?: number | undefined;
  /** Words with a larger share of the corpus are thinned out; 0 keeps all; not for `glove`. Default: 0.001; 0 for `grammar`. */
  readonly subsample?: number | undefined;
  /** Words that occur less often get no vector. Default: 5. */
  readonly minimumCount?: number | undefined;
  /** The most words to give vectors, the most frequent ones. Default: all. */
  readonly maximumWords?: number | undefined;
  /** Whether to go on from the last whole epoch of an interrupted training to the same `out`. */
  readonly resume?: boolean | undefined;
  /** Stops the training after the step that is running; what was learnt is saved. */
  readonly signal?: AbortSignal | undefined;
}

/** How to measure saved word embeddings. */
export interface WordEmbeddingsEvaluateOptions extends Pick<EvaluateOptions, 'model' | 'data'> {
  /** A file of analogies in the form of word2vec's `questions-words.txt`, or `grammar`. */
  readonly data: string;
}
