import { oneOf, requireFrom } from '../checks.js';
import type { TranslationTrainOptions } from './options.js';

/** The tokenizers of the task. */
export const translationTokenizers = ['bpe', 'word', 'character'] as const;

export type TranslationTokenizer = (typeof translationTokenizers)[number];

/** How the learning rate falls after the warm-up. */
export const translationSchedules = ['cosine', 'inverse-sqrt'] as const;

/** What becomes of pairs with more tokens than the model takes. */
export const waysWithLong = ['truncate', 'refuse'] as const;

/** All that a training is set to, apart from what depends on the number of batches. */
export interface TranslationSettings {
  readonly columns: readonly [source: number, target: number];
  /** Left out where the texts decide. */
  readonly sourceTokenizer: TranslationTokenizer | undefined;
  readonly targetTokenizer: TranslationTokenizer | undefined;
  readonly vocabularySize: number;
  readonly maximumLength: number;
  readonly tooLong: (typeof waysWithLong)[number];
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly hidden: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  readonly epochs: number;
  readonly batchTokens: number;
  readonly learningRate: number;
  readonly schedule: (typeof translationSchedules)[number];
  readonly warmup: number | undefined;
  readonly patience: number | undefined;
  readonly validationSplit: number;
  readonly seed: number;
}

/** @throws Error for a name that there is not; RangeError for a number that is out of range */
export function settingsOf(options: TranslationTrainOptions): TranslationSettings {
  const { columns = [0, 1], width = 256, validationSplit = 0.05, dropout = 0.1 } = options;
  const { labelSmoothing = 0.1, learningRate = 1e-3 } = options;
  const tokenizer = (name: string | undefined): TranslationTokenizer | undefined =>
    name === undefined ? undefined : oneOf('tokenizer', name, translationTokenizers);
  if (!columns.every((column) => Number.isInteger(column) && column >= 0) || columns[0] === columns[1]) {
    throw new RangeError(`columns is [${columns.join(', ')}]; expected two different whole numbers from 0.`);
  }
  if (!(validationSplit > 0 && validationSplit <= 0.5)) {
    throw new RangeError(`validationSplit is ${validationSplit}; expected more than 0 and at most 0.5.`);
  }
  if (!(learningRate > 0)) throw new RangeError(`learningRate is ${learningRate}; expected more than 0.`);
  const { batchTokens = 2500, maximumLength = 128, vocabularySize = 8000, epochs = 10 } = options;
  const { layers = 3, heads = 4, hidden = 4 * width, patience, warmup } = options;
  requireFrom(1, { epochs, layers, heads, width, hidden, ...(patience !== undefined && { patience }) });
  requireFrom(0, warmup === undefined ? {} : { warmup });
  requireFrom(4, { maximumLength });
  requireFrom(5, { vocabularySize });
  requireFrom(16, { batchTokens });
  return {
    columns,
    sourceTokenizer: tokenizer(options.sourceTokenizer),
    targetTokenizer: tokenizer(options.targetTokenizer),
    vocabularySize,
    maximumLength,
    tooLong: oneOf('way with long texts', options.tooLong ?? 'truncate', waysWithLong),
    layers,
    heads,
    width,
    hidden,
    dropout,
    labelSmoothing,
    epochs,
    batchTokens,
    learningRate,
    schedule: oneOf('schedule', options.schedule ?? 'cosine', translationSchedules),
    warmup,
    patience,
    validationSplit,
    seed: options.seed ?? 0,
  };
}
