import { Random } from '../../graph/random.js';
import { requireCount } from '../checks.js';
import { Dataset } from '../dataset.js';

export interface BucketOptions<T, B> {
  /** Examples in each batch. */
  readonly batchSize: number;
  /** The length of each element, in the order of the dataset. */
  readonly lengths: ArrayLike<number>;
  /** Lengths are rounded up to a multiple of this, and equal ones go together. Default: 16. */
  readonly width?: number;
  /** A new order each epoch, made from (seed, epoch); left out, the order is that of the dataset, short examples first. */
  readonly seed?: number | undefined;
  /** Joins elements to a batch; `length` is the longest that the bucket holds. */
  readonly collate: (elements: T[], length: number) => B;
}

/**
 * Batches of examples of about equal length, so that little is padded: a bucket for each range of lengths. Which examples a
 * batch holds is a function of (seed, epoch, index) alone, so a training that is interrupted goes on exactly.
 * @throws RangeError when there are not as many lengths as elements
 */
export function bucketBatches<T, B>(dataset: Dataset<T>, options: BucketOptions<T, B>): Dataset<B> {
  const { batchSize, lengths, width = 16, seed, collate } = options;
  requireCount('bucketBatches', 'batchSize', batchSize, 1);
  requireCount('bucketBatches', 'width', width, 1);
  if (lengths.length !== dataset.length) {
    throw new RangeError(
      `bucketBatches: there are ${lengths.length} lengths for ${dataset.length} elements.`,
    );
  }
  const buckets = new Map<number, number[]>();
  for (let i = 0; i < lengths.length; i++) {
    const length = Math.max(Math.ceil(lengths[i]! / width), 1) * width;
    const bucket = buckets.get(length);
    if (bucket) bucket.push(i);
    else buckets.set(length, [i]);
  }
  const groups = [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([length, indices]) => ({ indices, length, batchSize }));
  return groupBatches(dataset, {
    groups,
    seed,
    collate: (elements, { length }) => collate(elements, length),
  });
}

/** Elements that may share a batch. */
export interface BatchGroup {
  readonly indices: readonly number[];
  readonly batchSize: number;
}

export interface GroupOptions<T, B, Group extends BatchGroup> {
  readonly groups: readonly Group[];
  /** A new order each epoch, made from (seed, epoch); left out, the order is that of the groups. */
  readonly seed?: number | undefined;
  /** Joins elements of a group, at most as many as its batches hold. */
  readonly collate: (elements: T[], group: Group) => B;
}

/**
 * Batches each of which holds elements of one group. Which elements a batch holds is a function of (seed, epoch, index) alone, so a
 * training that is interrupted goes on exactly.
 */
export function groupBatches<T, B, Group extends BatchGroup>(
  dataset: Dataset<T>,
  { groups, seed, collate }: GroupOptions<T, B, Group>,
): Dataset<B> {
  const batchesOf = (epoch: number): { readonly indices: readonly number[]; readonly group: Group }[] => {
    const batches = groups.flatMap((group, number) => {
      const { indices, batchSize } = group;
      const order = seed === undefined ? indices : new Random(seed, epoch, number).shuffle([...indices]);
      return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) => ({
        indices: order.slice(i * batchSize, (i + 1) * batchSize),
        group,
      }));
    });
    return seed === undefined ? batches : new Random(seed, epoch).shuffle(batches);
  };
  const epochs = new Map<number, ReturnType<typeof batchesOf>>();
  const planOf = (epoch: number): ReturnType<typeof batchesOf> => {
    let plan = epochs.get(epoch);
    if (!plan) {
      plan = batchesOf(epoch);
      if (epochs.size === 4) epochs.delete(epochs.keys().next().value!);
      epochs.set(epoch, plan);
    }
    return plan;
  };
  return new Dataset<B>({
    length: planOf(0).length,
    batchSize: groups[0]?.batchSize ?? 1,
    classNames: dataset.classNames,
    skipped: dataset.skipped,
    reordered: seed !== undefined,
    fingerprint: () => dataset.fingerprint(),
    at: async (index, epoch) => {
      const { indices, group } = planOf(epoch)[index]!;
      return collate(await Promise.all(indices.map((each) => dataset.at(each, epoch))), group);
    },
  });
}
