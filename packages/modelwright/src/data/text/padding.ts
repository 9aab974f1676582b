import { NdArray } from '../../graph/array.js';
import { specialIds } from './vocabulary.js';

export interface PadOptions {
  /** The most numbers of a sequence; what is beyond is cut off at the end. Default: no limit. */
  readonly maximumLength?: number | undefined;
  /** The length is rounded up to a multiple of this. Default: 1. */
  readonly multipleOf?: number | undefined;
  /** The length at least. Default: 1. */
  readonly minimumLength?: number | undefined;
  /** What a sequence that is cut off ends with, such as the token of the end. Default: what stands there. */
  readonly last?: number | undefined;
}

/** Sequences of one length. */
export interface PaddedSequences {
  /** int32 [batch, length], filled up with 0 at the end. */
  readonly ids: NdArray<'int32'>;
  /** bool [batch, length]: true where a sequence is, false at padding. */
  readonly mask: NdArray<'bool'>;
  /** How many sequences were cut off. */
  readonly truncated: number;
}

/** Fills sequences up to the length of the longest. */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  options: PadOptions = {},
): PaddedSequences {
  const { maximumLength = Number.POSITIVE_INFINITY, multipleOf = 1, minimumLength = 1, last } = options;
  const longest = Math.max(minimumLength, ...sequences.map(({ length }) => Math.min(length, maximumLength)));
  const length = Math.ceil(longest / multipleOf) * multipleOf;
  const ids = NdArray.of(
    'int32',
    [sequences.length, length],
    new Array<number>(sequences.length * length).fill(specialIds.padding),
  );
  const mask = new NdArray('bool', [sequences.length, length]);
  let truncated = 0;
  for (const [row, sequence] of sequences.entries()) {
    const count = Math.min(sequence.length, maximumLength);
    for (let i = 0; i < count; i++) {
      ids.data[row * length + i] = sequence[i]!;
      mask.data[row * length + i] = 1;
    }
    if (count === sequence.length) continue;
    truncated++;
    if (last !== undefined) ids.data[row * length + count - 1] = last;
  }
  return { ids, mask, truncated };
}
