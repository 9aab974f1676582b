import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to train a translator. What is left out takes the task's default. */
export interface TranslationTrainOptions extends NetworkTrainOptions {
  /**
   * A file with a text and its translation on each line, a tab between them (further columns are left out, such as Tatoeba's
   * attributions); a folder of such files whose names hold `train`, `test` and perhaps `dev`; or `dates`: dates and numbers in
   * English and Chinese, made on this machine.
   */
  readonly data: string;
  /** Columns of source and target, from 0: [1, 0] translates the other way round. Default: [0, 1]. */
  readonly columns?: readonly [source: number, target: number] | undefined;
  /**
   * What the source's tokens are: `bpe` (pieces of words by byte-level BPE), `word` or `character`. Default: `character` for
   * languages written without spaces, else `bpe`.
   */
  readonly sourceTokenizer?: string | undefined;
  /** The same for the target. */
  readonly targetTokenizer?: string | undefined;
  /** The most tokens of each vocabulary. Default: 8,000. */
  readonly vocabularySize?: number | undefined;
  /** The most tokens of a text, source or target. Default: 128. */
  readonly maximumLength?: number | undefined;
  /** Whether pairs with a longer text are cut off, with a count, or refused. Default: `truncate`. */
  readonly tooLong?: string | undefined;
  /** Layers of the encoder, and of the decoder. Default: 3. */
  readonly layers?: number | undefined;
  /** Attention heads of a layer. Default: 4. */
  readonly heads?: number | undefined;
  /** Features of a position, a multiple of the heads. Default: 256. */
  readonly width?: number | undefined;
  /** Units of the feed-forward networks. Default: four times the width. */
  readonly hidden?: number | undefined;
  /** Share of features dropped in training. Default: 0.1. */
  readonly dropout?: number | undefined;
  /** How much of each target is spread evenly over all tokens. Default: 0.1. */
  readonly labelSmoothing?: number | undefined;
  /** Passes over the data. Default: 10. */
  readonly epochs?: number | undefined;
  /** Tokens in a step, source, target and padding together; `batchSize` is not asked for here. Default: 2,500. */
  readonly batchTokens?: number | undefined;
  /** The highest rate of Adam. Default: 0.001. */
  readonly learningRate?: number | undefined;
  /** How the rate falls after the warm-up: `cosine`, or `inverse-sqrt` with one over the root of the step. Default: `cosine`. */
  readonly schedule?: string | undefined;
  /** Steps in which the rate rises. Default: 400, at most a tenth of the steps. */
  readonly warmup?: number | undefined;
  /** Epochs without a better loss on held-out pairs after which the training ends. Default: it goes on to the last epoch. */
  readonly patience?: number | undefined;
  /** Share of the pairs held out, every so many-th, where there is no test file: in (0, 0.5]. Default: 0.05. */
  readonly validationSplit?: number | undefined;
}

/** How to measure a saved translator. Of the data that it was trained on, the pairs that were held out are measured. */
export interface TranslationEvaluateOptions extends EvaluateOptions {
  /** As for training. Default: as the model was trained. */
  readonly columns?: readonly [source: number, target: number] | undefined;
  /** Continuations that beam search keeps open. Default: 4. */
  readonly beams?: number | undefined;
  /** Default: 0.6. */
  readonly lengthPenalty?: number | undefined;
}

/** How a text is translated. */
export interface TranslateOptions {
  /** How many continuations beam search keeps open; 1 takes the most probable token each time. Default: 4. */
  readonly beams?: number | undefined;
  /** How much longer translations are favoured (Wu et al., 2016); 0 takes the most probable one. Default: 0.6. */
  readonly lengthPenalty?: number | undefined;
  /** The most tokens of the translation. Default: as the model was trained. */
  readonly maximumLength?: number | undefined;
  /** Whether a text that is longer than the model takes is cut off, rather than refused. Default: false. */
  readonly truncate?: boolean | undefined;
  /** Told when the text was cut off. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Ends the work when it fires; what is translated by then is given. */
  readonly signal?: AbortSignal | undefined;
}

/** How a translation ended. */
export interface TranslationEnd {
  /** By the model itself, at the most tokens it may have, or when the signal fired. */
  readonly reason: 'end' | 'length' | 'aborted';
  /** Tokens of the translation. */
  readonly tokens: number;
}

/** A text of the data, its translation there, and what the model made of it. */
export interface Translated {
  readonly source: string;
  readonly reference: string;
  readonly translation: string;
}

/** A translation that was measured by itself. */
export interface ScoredTranslation extends Translated {
  /** chrF of this one text, 0 .. 100. */
  readonly chrf: number;
}

/** Scores of texts with a source of so many tokens. */
export interface LengthScores {
  readonly from: number;
  readonly to: number;
  readonly examples: number;
  readonly bleu: number;
  readonly chrf: number;
}

/** What was measured: loss, and BLEU and chrF of greedy decoding and of beam search. */
export interface TranslationEvaluateResult extends EvaluateResult {
  /** Scores by the length of the source, by beam search. */
  readonly lengths: readonly LengthScores[];
  /** The translations that resemble their reference least. */
  readonly worst: readonly ScoredTranslation[];
  /** How many pairs were cut off. */
  readonly truncated: number;
  /** How many held-out pairs were left out because their source stands in the training data. */
  readonly seen: number;
}
