import { Dataset } from '../../data/dataset.js';
import { ContentHash } from '../../data/fingerprint.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';

/** How blocks are taken from a text. */
export const blockOrders = ['random', 'consecutive'] as const;

export interface BlockOptions {
  /** Tokens in a block. */
  readonly blockSize: number;
  readonly batchSize: number;
}

export interface TrainingBlockOptions extends BlockOptions {
  readonly order: (typeof blockOrders)[number];
  /** Batches in an epoch. */
  readonly length: number;
  readonly seed: number;
}

/**
 * Batches `{ input_ids: int32 [batch, time], target: int32 [batch, time] }` of blocks of a text, the target being the tokens one
 * place further: a function of (seed, epoch, index) alone.
 * @throws RangeError when the text has no whole block and a token after it
 */
export function trainingBlocks(tokens: Int32Array, options: TrainingBlockOptions): Dataset {
  const { blockSize, batchSize, order, length, seed } = options;
  requireBlock(tokens, blockSize);
  const random = (index: number, epoch: number): number[] => {
    const draws = new Random(seed, epoch, index);
    return Array.from({ length: batchSize }, () => draws.integer(0, tokens.length - blockSize));
  };
  const blocks = Math.floor((tokens.length - 1) / blockSize);
  const orderOf = permutations(blocks, seed);
  const consecutive = (index: number, epoch: number): number[] =>
    Array.from({ length: batchSize }, (_, row) => {
      const place = (epoch * length + index) * batchSize + row;
      return orderOf(Math.floor(place / blocks))[place % blocks]! * blockSize;
    });
  const startsOf = order === 'random' ? random : consecutive;
  return new Dataset({
    length,
    batchSize,
    at: (index, epoch) => batchOf(tokens, startsOf(index, epoch), blockSize),
    fingerprint: () => fingerprintOf(tokens),
  });
}

/**
 * The blocks of a text one behind the other, in batches; tokens that fill no whole block are left out.
 * @throws RangeError when the text has no whole block and a token after it
 */
export function measuredBlocks(tokens: Int32Array, { blockSize, batchSize }: BlockOptions): Dataset {
  requireBlock(tokens, blockSize);
  const blocks = Math.floor((tokens.length - 1) / blockSize);
  return new Dataset({
    length: Math.ceil(blocks / batchSize),
    batchSize,
    at: (index) => {
      const first = index * batchSize;
      const rows = Math.min(batchSize, blocks - first);
      const starts = Array.from({ length: rows }, (_, row) => (first + row) * blockSize);
      return batchOf(tokens, starts, blockSize);
    },
    fingerprint: () => fingerprintOf(tokens),
  });
}

/** By which the same tokens are known again. */
export function fingerprintOf(tokens: Int32Array): Promise<string> {
  return new ContentHash().add(NdArray.of('int32', [tokens.length], tokens)).digest();
}

function requireBlock(tokens: Int32Array, blockSize: number): void {
  if (tokens.length > blockSize) return;
  throw new RangeError(
    `A text of ${tokens.length} tokens is too short for blocks of ${blockSize} and the token after each. Give more text, or ` +
      'a smaller block size.',
  );
}

function batchOf(tokens: Int32Array, starts: readonly number[], blockSize: number) {
  const rows = (shift: number): NdArray<'int32'> => {
    const data = new Int32Array(starts.length * blockSize);
    for (const [row, start] of starts.entries()) {
      data.set(tokens.subarray(start + shift, start + shift + blockSize), row * blockSize);
    }
    return new NdArray('int32', [starts.length, blockSize], data);
  };
  return { input_ids: rows(0), target: rows(1) };
}

/** An order of so many things for each pass; the last two are kept at hand. */
function permutations(count: number, seed: number): (pass: number) => Int32Array {
  const known = new Map<number, Int32Array>();
  return (pass) => {
    let order = known.get(pass);
    if (!order) {
      order = new Random(seed, pass).permutation(count);
      if (known.size === 2) known.delete(known.keys().next().value!);
      known.set(pass, order);
    }
    return order;
  };
}
