import type { Tokenizer } from '../../data/text/index.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { readSavedTokenizer } from '../savedTokenizer.js';

export const taskName = 'text-generation';

/** A saved generator of text with what it needs beside its network. */
export interface SavedTextGenerator {
  readonly trained: TrainedModel;
  readonly tokenizer: Tokenizer;
  /** Tokens of the context. */
  readonly blockSize: number;
  /** Share of the text of the training that was held out. */
  readonly validationSplit: number;
}

/**
 * Reads a saved generator of text.
 * @throws Error when the model is for something else, or the tokenizer is missing, damaged, or another model's
 */
export async function readTextGenerator(directory: string): Promise<SavedTextGenerator> {
  const { folder, tokenizer } = await readSavedTokenizer(directory, taskName);
  const { blockSize, validationSplit } = folder.config.preprocessing ?? {};
  if (typeof blockSize !== 'number' || typeof validationSplit !== 'number') {
    throw new Error(
      `${directory}: config.json does not say how long the context is. Save or copy the model again.`,
    );
  }
  return { trained: await load(directory), tokenizer, blockSize, validationSplit };
}
