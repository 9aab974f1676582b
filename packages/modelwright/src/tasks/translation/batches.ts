import { Dataset } from '../../data/dataset.js';
import { groupBatches, specialIds } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { bucketPairs, type PairBucketOptions } from './buckets.js';
import type { EncodedPair } from './encoded.js';

export interface PairBatchOptions extends PairBucketOptions {
  /** A new order each epoch; left out, the longest pairs come first, in the order of the data. */
  readonly seed?: number;
  /** What the data is known again by. */
  readonly fingerprint?: (() => Promise<string>) | undefined;
}

/**
 * Batches of pairs of like lengths: `input_ids` int32 [batch, source time], `decoder_input_ids` int32 [batch, time], which begins with
 * the start token, `target` int32 [batch, time] one place further, and `weight` [batch], the tokens of each target, so that every
 * token counts alike. All batches of a bucket have equally many rows: the last one's are filled up with such as weigh nothing.
 */
export function pairBatches(pairs: readonly EncodedPair[], options: PairBatchOptions): Dataset {
  const { seed, fingerprint, ...sizes } = options;
  const buckets = bucketPairs(
    pairs.map(({ source, target }) => [source.length, target.length]),
    sizes,
  );
  const data = Dataset.from(pairs);
  return groupBatches(
    fingerprint ? new Dataset({ length: data.length, at: (i) => data.at(i), fingerprint }) : data,
    {
      groups: seed === undefined ? buckets.toReversed() : buckets,
      seed,
      collate: (elements, { batchSize, sourceLength, targetLength }) => ({
        input_ids: filled(
          elements.map(({ source }) => source),
          [batchSize, sourceLength],
        ),
        decoder_input_ids: filled(
          elements.map(({ target }) => [specialIds.begin, ...target.slice(0, -1)]),
          [batchSize, targetLength],
        ),
        target: filled(
          elements.map(({ target }) => target),
          [batchSize, targetLength],
        ),
        weight: weightsOf(elements, batchSize),
      }),
    },
  );
}

/** Rows of ids, padding behind them. */
function filled(rows: readonly (readonly number[])[], shape: readonly [number, number]): NdArray<'int32'> {
  const array = new NdArray('int32', shape);
  for (const [row, ids] of rows.entries()) array.data.set(ids, row * shape[1]);
  return array;
}

function weightsOf(pairs: readonly EncodedPair[], count: number): NdArray<'float32'> {
  const weights = new NdArray('float32', [count]);
  for (const [row, { target }] of pairs.entries()) weights.data[row] = target.length;
  return weights;
}
