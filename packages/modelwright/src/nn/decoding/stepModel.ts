import { NdArray } from '../../graph/array.js';

/** A model that says what comes next, and remembers what it has seen: all that decoding asks for. */
export interface StepModel {
  /**
   * What may follow these tokens.
   * @param tokens int32[sequences, new tokens]: the whole prompt at first, then one token a sequence
   * @returns logits [sequences, vocabulary] of the token after the last one
   */
  next(tokens: NdArray<'int32'>): Promise<NdArray>;
  /**
   * Makes sequence i go on from what sequence `indices[i]` is now. There may be more sequences afterwards, as when a beam
   * opens, or fewer, as when some have ended.
   */
  reorder(indices: readonly number[]): void | Promise<void>;
}

/**
 * A step model that keeps every token and computes all of them again at each step: slow, and what one with a cache must
 * agree with.
 * @param logits from all tokens so far, int32[sequences, length], to the logits [sequences, vocabulary] of the next
 */
export function recomputing(logits: (tokens: NdArray<'int32'>) => Promise<NdArray>): StepModel {
  let histories: number[][] | undefined;
  return {
    next(tokens) {
      const added = rowsOf(tokens);
      histories = histories ? histories.map((row, i) => [...row, ...added[i]!]) : added;
      return logits(NdArray.from(histories, 'int32'));
    },
    reorder(indices) {
      histories = indices.map((index) => histories![index]!);
    },
  };
}

/** The rows of [sequences, length], as plain numbers. */
function rowsOf(array: NdArray): number[][] {
  const [rows = 0, length = 0] = array.shape;
  const values = array.toNumbers();
  return Array.from({ length: rows }, (_, row) => values.slice(row * length, (row + 1) * length));
}

/**
 * The logits after these tokens, one row a sequence.
 * @throws RangeError when there is not a row of float32 for each sequence, or a row tells no token apart from another
 */
export async function nextLogits(
  who: string,
  model: StepModel,
  tokens: NdArray<'int32'>,
): Promise<readonly Float32Array[]> {
  const { dtype, shape, data } = await model.next(tokens);
  const [sequences = 0, vocabulary = 0] = shape;
  if (
    !(data instanceof Float32Array) ||
    shape.length !== 2 ||
    sequences !== tokens.shape[0] ||
    vocabulary === 0
  ) {
    throw new RangeError(
      `${who}: the model gave logits ${dtype}[${shape.join(', ')}] for ${tokens.shape[0]} sequences; expected ` +
        `float32[${tokens.shape[0]}, vocabulary].`,
    );
  }
  return Array.from({ length: sequences }, (_, sequence) => {
    const row = data.subarray(sequence * vocabulary, (sequence + 1) * vocabulary);
    const largest = row.reduce((a, b) => Math.max(a, b));
    if (Number.isFinite(largest)) return row;
    throw new RangeError(
      `${who}: the largest logit of sequence ${sequence} is ${largest}; expected a finite number. Has the training diverged?`,
    );
  });
}

/**
 * The prompts of several sequences, int32[sequences, length].
 * @throws RangeError when there are none, or they differ in length
 */
export function promptArray(who: string, prompts: readonly (readonly number[])[]): NdArray<'int32'> {
  const length = prompts[0]?.length ?? 0;
  if (length === 0) {
    throw new RangeError(
      `${who}: expected a prompt of at least one token for each sequence, such as the start token.`,
    );
  }
  const other = prompts.findIndex((prompt) => prompt.length !== length);
  if (other >= 0) {
    throw new RangeError(
      `${who}: the first prompt has ${length} tokens and prompt ${other} has ${prompts[other]!.length}; expected prompts ` +
        'of equal length. Decode those of each length by themselves.',
    );
  }
  return NdArray.of('int32', [prompts.length, length], prompts.flat());
}

/** One token for each sequence, int32[sequences, 1]. */
export function columnOf(tokens: readonly number[]): NdArray<'int32'> {
  return NdArray.of('int32', [tokens.length, 1], tokens);
}
