import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions, TooLong } from '../options.js';

/** Where labelled texts are, and how their files are read. */
export interface TextSourceOptions {
  /**
   * A file (.csv, .tsv, .jsonl); a folder with train, test and perhaps dev in such files; or `reviews`: film reviews in English and
   * Chinese, made on this machine.
   */
  readonly data: string;
  /** Name of the column of the text, or its number from 1. Default: text, sentence, review or the like. */
  readonly textColumn?: string | undefined;
  /** Name of the column of the label, or its number from 1. Default: label, class, sentiment or the like. */
  readonly labelColumn?: string | undefined;
}

/** How to train a classifier of texts. What is left out takes the task's default. */
export interface TextClassificationTrainOptions extends TextSourceOptions, NetworkTrainOptions {
  readonly data: string;
  /** Name of the model: `text-cnn`, `bilstm`, `transformer` or `naive-bayes`. Default: `text-cnn`. */
  readonly model?: string | undefined;
  /** What tokens are: `word`, `character`, `bpe` or `wordpiece`. Default: characters for Chinese, otherwise words. */
  readonly tokenizer?: string | undefined;
  /** The most tokens of the vocabulary. Default: 30,000. */
  readonly vocabularySize?: number | undefined;
  /** Tokens that occur less often count as unknown. Default: 1, for pieces of words 2. */
  readonly minimumCount?: number | undefined;
  /** The most tokens of a text. Default: 256. */
  readonly maximumLength?: number | undefined;
  /** Whether longer texts are cut off, with a count, or refused. Default: `truncate`. */
  readonly tooLong?: TooLong | undefined;
  /** Share of the data held out to measure on, in [0, 0.5], where there is no test file. Default: 0.2. */
  readonly validationSplit?: number | undefined;
}

/** How to measure a saved classifier of texts. */
export interface TextClassificationEvaluateOptions extends TextSourceOptions, EvaluateOptions {
  readonly data: string;
}

/** A text that the model got wrong. */
export interface Mistake {
  readonly text: string;
  readonly label: string;
  readonly predicted: string;
  /** How sure the model was, 0 .. 1. */
  readonly probability: number;
}

/** What was measured on texts. */
export interface TextEvaluateResult extends EvaluateResult {
  /** The mistakes that the model was surest of, the surest first. */
  readonly mistakes: readonly Mistake[];
  /** How many texts were cut off. */
  readonly truncated: number;
}
