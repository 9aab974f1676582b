import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to train a generator of text. What is left out takes the default: nanoGPT's configuration for the CPU, with rotary positions. */
export interface TextGenerationTrainOptions extends NetworkTrainOptions {
  /** A text file, the end of which is held out; or `grammar`: sentences of a small language, made on this machine. */
  readonly data: string;
  /** What tokens are: `character`, or `bpe`, pieces of words by byte-level BPE. Default: `character`. */
  readonly tokenizer?: string | undefined;
  /** The most tokens of the vocabulary. Default: 2,000 for `bpe`, all characters for `character`. */
  readonly vocabularySize?: number | undefined;
  /** Transformer layers. Default: 4. */
  readonly layers?: number | undefined;
  /** Attention heads of a layer. Default: 4. */
  readonly heads?: number | undefined;
  /** Features of a position, a multiple of the heads. Default: 128. */
  readonly width?: number | undefined;
  /** How many tokens the model looks back on: the context; 8 at least. Default: 64. */
  readonly blockSize?: number | undefined;
  /**
   * How positions are told apart: `rotary`, by turning queries and keys (Su et al., 2021), or `learned`, by trained vectors, as
   * GPT-2 and nanoGPT. Default: `rotary`.
   */
  readonly positions?: string | undefined;
  /** Share of features that are dropped in training. Default: 0. */
  readonly dropout?: number | undefined;
  /** Steps in all; rounded up to equal epochs. Default: 2,000. */
  readonly iterations?: number | undefined;
  /** Equal parts of the training; after each the held-out text is measured, and the best part's parameters are kept. Default: 8. */
  readonly epochs?: number | undefined;
  /** Blocks in a step. Default: 12. */
  readonly batchSize?: number | undefined;
  /**
   * Where blocks begin: anywhere by chance, or one behind the other, each once in a new order before any comes again. Default:
   * `random`.
   */
  readonly blocks?: string | undefined;
  /** The highest rate of AdamW; it falls along a cosine. Default: 0.001. */
  readonly learningRate?: number | undefined;
  /** The last rate. Default: a tenth of the learning rate. */
  readonly minimumLearningRate?: number | undefined;
  /** Steps in which the rate rises. Default: 100, at most a tenth of the steps. */
  readonly warmup?: number | undefined;
  /** Default: 0.1. */
  readonly weightDecay?: number | undefined;
  /** Share of the text, at its end, that is held out, in (0, 0.5]. Default: 0.1. */
  readonly validationSplit?: number | undefined;
}

/** How to measure a saved generator of text. */
export interface TextGenerationEvaluateOptions extends EvaluateOptions {
  /** A text file or `grammar`. Of the text that the model was trained on, the end that was held out is measured. */
  readonly data: string;
  /** Blocks at a time. Default: 64. */
  readonly batchSize?: number | undefined;
}

/** How text is made. */
export interface TextGenerationOptions {
  /** How many tokens are made at most. Default: 200. */
  readonly maximumLength?: number | undefined;
  /** By what logits are divided before softmax; at 0 the most probable token is taken, without chance. Default: 0.8. */
  readonly temperature?: number | undefined;
  /** Only the k most probable tokens count. Default: all. */
  readonly topK?: number | undefined;
  /** Only the fewest most probable tokens that reach this probability count, in (0, 1]. Default: 1. */
  readonly topP?: number | undefined;
  /** Makes tokens that occurred already less likely, where above 1. Default: 1. */
  readonly repetitionPenalty?: number | undefined;
  /** Equal seeds make equal texts. Default: 0. */
  readonly seed?: number | undefined;
  /** Text that ends the generation, or several that do; it is not given out. Default: none. */
  readonly stop?: string | readonly string[] | undefined;
  /** Whether a prompt longer than the context is cut off at its beginning, rather than refused. Default: false. */
  readonly truncate?: boolean | undefined;
  /** Told when the prompt was cut off. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Ends the work after the token that is being made. */
  readonly signal?: AbortSignal | undefined;
}

/** How a text came to its end. */
export interface TextGenerationEnd {
  /** The text that ends it was reached, the tokens asked for are made, or the signal ended it. */
  readonly reason: 'stop' | 'length' | 'aborted';
  /** How many tokens were made, those of the text that ends it among them. */
  readonly tokens: number;
}
