import type { Entity, EntityReport, TagScheme } from '../../nn/metrics/text/entities.js';
import type { EntityConfusions } from '../../nn/metrics/text/entityConfusions.js';
import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions, TooLong } from '../options.js';
import type { ClueOptions } from './clues/index.js';

/** How to train a tagger of named entities. What is left out takes the task's default. */
export interface TokenClassificationTrainOptions extends NetworkTrainOptions, ClueOptions {
  /**
   * A CoNLL file: a token and, in the last column, its tag in BIO or BIOES; a folder of such files whose names hold `train`, `test`
   * and perhaps `dev`; or requests of travellers that are made on this machine: `trips`, English by words, or `trips-zh`, Chinese by
   * characters.
   */
  readonly data: string;
  /** Name of the model: `bilstm-crf` or `transformer`. Default: `bilstm-crf`. */
  readonly model?: string | undefined;
  /** How the model writes entities, whatever the file's scheme is. Default: `BIOES` where tokens are characters, `BIO` where they are words. */
  readonly scheme?: TagScheme | undefined;
  /** The most tokens of the vocabulary, and the most bigrams. Default: 30,000. */
  readonly vocabularySize?: number | undefined;
  /** Tokens that occur less often count as unknown. Default: 2. */
  readonly minimumCount?: number | undefined;
  /** The most tokens of a sentence. Default: 256. */
  readonly maximumLength?: number | undefined;
  /** Whether longer sentences are cut off, with a count, or refused. Default: `truncate`. */
  readonly tooLong?: TooLong | undefined;
  /** Numbers in a token's vector. Default: 100 for `bilstm-crf`, 128 for `transformer`. */
  readonly features?: number | undefined;
  /** Units of the recurrent layer in each direction, of `bilstm-crf`. Default: 128. */
  readonly units?: number | undefined;
  /** Share of features that are dropped in training. Default: 0.4 for `bilstm-crf`, 0.1 for `transformer`. */
  readonly dropout?: number | undefined;
  /** Share of the sentences held out to measure on, in [0, 0.5], where there is no test file. Default: 0.1. */
  readonly validationSplit?: number | undefined;
}

/** How to measure a saved tagger. */
export type TokenClassificationEvaluateOptions = EvaluateOptions;

/** A sentence in which the model's entities are not those of the data. */
export interface EntityMistake {
  readonly tokens: readonly string[];
  readonly entities: readonly Entity[];
  readonly predicted: readonly Entity[];
}

/** What was measured on sentences: entities count where type, first and last token are right. */
export interface TokenEvaluateResult extends EvaluateResult, EntityReport {
  /** What entities were taken for. */
  readonly confusions: EntityConfusions;
  /** Sentences with mistakes, those with most first. */
  readonly mistakes: readonly EntityMistake[];
  /** How many sentences were cut off; entities beyond count as not found. */
  readonly truncated: number;
}
