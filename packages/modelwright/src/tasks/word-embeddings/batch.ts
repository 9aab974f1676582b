import type { NdArray } from '../../graph/array.js';

/** What a step learns from. */
export interface LearningBatch {
  /** Arrays of words, as positions in the vocabulary. */
  readonly words: Readonly<Record<string, NdArray<'int32'>>>;
  readonly others: Readonly<Record<string, NdArray>>;
  /** How many words, or pairs of words, it stands for. */
  readonly size: number;
}

/** Where batches come from. */
export interface BatchSource {
  /** Steps in an epoch; an estimate where chance decides. */
  readonly stepsPerEpoch: number;
  /** The batches of an epoch, numbered from 0. Equal seeds give equal batches. */
  epoch(seed: number, epoch: number): Iterable<LearningBatch>;
}
