import { Random } from '../graph/random.js';
import { requireCount } from './checks.js';
import { type Example, stackExamples } from './collate.js';
import { Dataset } from './dataset.js';
import { indicesByClass } from './split.js';

export interface ClassBatchesOptions {
  /** Different classes in each batch. */
  readonly classes: number;
  /** Examples of each class in a batch. */
  readonly perClass: number;
  /** Default: 0. */
  readonly seed?: number;
}

/**
 * Batches of a few examples of each of a few classes, class by class: what losses over pairs and triplets learn from. Each batch is a
 * function of (seed, epoch, index). An epoch has about as many examples as the dataset; within it classes come in rounds of random order,
 * and so do the examples of each class. A class of fewer than `perClass` examples fills up with repetitions.
 * @throws RangeError when there are fewer than `classes` classes
 */
export async function classBatches(dataset: Dataset, options: ClassBatchesOptions): Promise<Dataset> {
  const { classes, perClass, seed = 0 } = options;
  requireCount('classBatches', 'classes', classes, 1);
  requireCount('classBatches', 'perClass', perClass, 1);
  const members = [...(await indicesByClass(dataset)).values()];
  if (members.length < classes) {
    throw new RangeError(
      `classBatches: ${classes} classes a batch were asked for, but there are ${members.length}. Ask for fewer, or bring more classes.`,
    );
  }
  const size = classes * perClass;
  const batchesInRound = Math.floor(members.length / classes);
  const chosen = (index: number, epoch: number): number[] => {
    const round = Math.floor(index / batchesInRound);
    const order = new Random(seed, epoch, round).permutation(members.length);
    const first = (index % batchesInRound) * classes;
    return Array.from(order.subarray(first, first + classes)).flatMap((which) =>
      examplesOf(members[which]!, { perClass, round }, (pass) => new Random(seed, epoch, pass, which + 1)),
    );
  };
  const batches = new Dataset<Example>({
    length: Math.max(1, Math.round(dataset.length / size)),
    batchSize: size,
    fingerprint: () => dataset.fingerprint(),
    skipped: dataset.skipped,
    at: async (index, epoch) =>
      stackExamples(await Promise.all(chosen(index, epoch).map(async (which) => dataset.at(which, epoch)))),
  });
  return dataset.classNames ? batches.withClassNames(dataset.classNames) : batches;
}

/** The examples of a class in its turn: all of them in random order before any comes again. */
function examplesOf(
  members: readonly number[],
  { perClass, round }: { readonly perClass: number; readonly round: number },
  randomOf: (pass: number) => Random,
): number[] {
  const rounds = Math.max(1, Math.floor(members.length / perClass));
  const order = randomOf(Math.floor(round / rounds)).permutation(members.length);
  const first = (round % rounds) * perClass;
  return Array.from({ length: perClass }, (_, i) => members[order[(first + i) % members.length]!]!);
}
