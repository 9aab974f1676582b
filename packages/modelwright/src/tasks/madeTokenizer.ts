import { type Tokenizer, type TrainTokenizerOptions, trainTokenizer } from '../data/text/index.js';

/**
 * A tokenizer for the texts of a task.
 * @param data what errors call the texts
 * @throws RangeError when the texts hold nothing to make a vocabulary of
 */
export function makeTokenizer(
  data: string,
  texts: readonly string[],
  options: TrainTokenizerOptions,
): Tokenizer {
  try {
    return trainTokenizer(texts, options);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${data}: ${cause.message}`, { cause });
  }
}
