import type { Entity, EntityReport, TagScheme } from '../../nn/metrics/text/entities.js';
import type { Device } from '../../runtime/runtime.js';
import type { EvaluateResult, TrainEvent } from '../events.js';

/** What becomes of a sentence with more tokens than the model takes. */
export type TooLong = 'truncate' | 'refuse';

/** How to train a tagger of named entities. What is left out takes the task's default. */
export interface TokenClassificationTrainOptions {
  /**
   * A CoNLL file: a token and, in the last column, its tag in BIO or BIOES; a folder of such files whose names hold `train`, `test`
   * and perhaps `dev`; or `trips`: requests of travellers in English, made on this machine.
   */
  readonly data: string;
  /** Folder to save the model in. */
  readonly out: string;
  /** Name of the model: `bilstm-crf` or `transformer`. Default: `bilstm-crf`. */
  readonly model?: string | undefined;
  /** How the model writes entities, whatever the file's scheme is. Default: `BIO`. */
  readonly scheme?: TagScheme | undefined;
  /** The most tokens of the vocabulary. Default: 30,000. */
  readonly vocabularySize?: number | undefined;
  /** Tokens that occur less often count as unknown. Default: 2. */
  readonly minimumCount?: number | undefined;
  /** The most tokens of a sentence. Default: 256. */
  readonly maximumLength?: number | undefined;
  /** Whether longer sentences are cut off, with a count, or refused. Default: `truncate`. */
  readonly tooLong?: TooLong | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Equal seeds give equal runs. */
  readonly seed?: number | undefined;
  readonly device?: Device | undefined;
  /** Share of the sentences held out to measure on, in [0, 0.5], where there is no test file. Default: 0.1. */
  readonly validationSplit?: number | undefined;
  /** Whether to go on from the last checkpoint in `out`, where there is one. */
  readonly resume?: boolean | undefined;
  /** Called as the training goes on. */
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Stops the training after the step that is running; a checkpoint is kept. */
  readonly signal?: AbortSignal | undefined;
}

/** How to measure a saved tagger. */
export interface TokenClassificationEvaluateOptions {
  /** Folder of the saved model. */
  readonly model: string;
  /** As for training. */
  readonly data: string;
  readonly batchSize?: number | undefined;
  readonly device?: Device | undefined;
}

/** A sentence in which the model's entities are not those of the data. */
export interface EntityMistake {
  readonly tokens: readonly string[];
  readonly entities: readonly Entity[];
  readonly predicted: readonly Entity[];
}

/** What was measured on sentences: entities count where type, first and last token are right. */
export interface TokenEvaluateResult extends EvaluateResult, EntityReport {
  /** Sentences with mistakes, those with most first. */
  readonly mistakes: readonly EntityMistake[];
  /** How many sentences were cut off; entities beyond count as not found. */
  readonly truncated: number;
}
