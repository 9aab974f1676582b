// How well scores put positives before negatives, exactly, on predictions kept from all batches.
import { NdArray } from '../../graph/array.js';

/** Numbers in any holder. */
export type Numbers = NdArray | ArrayLike<number>;

/** Points of the receiver operating characteristic, from (0, 0) to (1, 1). */
export interface RocPoints {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** The score from which on examples are called positive, falling; the first is infinity. */
  readonly thresholds: readonly number[];
}

/** Points of precision over recall, from recall 1 down to the point (0, 1), which has no threshold. */
export interface PrecisionRecallPoints {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  /** The score from which on examples are called positive, rising. */
  readonly thresholds: readonly number[];
}

export function toNumbers(values: Numbers): number[] {
  return values instanceof NdArray ? values.toNumbers() : Array.from(values);
}

interface Cut {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** How many are called positive, rightly and wrongly, from each distinct score on, the highest first. */
function cuts(who: string, scores: Numbers, labels: Numbers): Cut[] {
  const [values, truth] = [toNumbers(scores), toNumbers(labels)];
  if (values.length !== truth.length) {
    throw new RangeError(
      `${who}: there are ${values.length} scores and ${truth.length} labels; expected one each.`,
    );
  }
  if (values.some(Number.isNaN)) throw new RangeError(`${who}: a score is NaN and has no place in an order.`);
  const order = values
    .map((_, position) => position)
    .sort((a, b) => Number(values[b]! > values[a]!) - Number(values[a]! > values[b]!));
  const found: Cut[] = [];
  let [truePositives, falsePositives] = [0, 0];
  for (const [rank, position] of order.entries()) {
    if (truth[position]! > 0.5) truePositives++;
    else falsePositives++;
    const threshold = values[position]!;
    if (rank + 1 === order.length || values[order[rank + 1]!] !== threshold) {
      found.push({ threshold, truePositives, falsePositives });
    }
  }
  return found;
}

/**
 * The share of negatives and of positives called positive, for every threshold.
 * A rate without examples (no negatives, or no positives) is NaN.
 * @param scores [examples]: higher is more positive; logits and probabilities serve alike
 * @param labels [examples]: 0 or 1
 * @throws RangeError when the lengths differ or a score is NaN
 */
export function rocCurve(scores: Numbers, labels: Numbers): RocPoints {
  const found = cuts('rocCurve', scores, labels);
  const { truePositives: positives = 0, falsePositives: negatives = 0 } = found.at(-1) ?? {};
  return {
    falsePositiveRate: [0 / negatives, ...found.map(({ falsePositives }) => falsePositives / negatives)],
    truePositiveRate: [0 / positives, ...found.map(({ truePositives }) => truePositives / positives)],
    thresholds: [Number.POSITIVE_INFINITY, ...found.map(({ threshold }) => threshold)],
  };
}

/**
 * The area under the ROC curve: the chance that a positive scores higher than a negative, ties counting half.
 * NaN unless there are both. Parameters as for `rocCurve`.
 */
export function rocAuc(scores: Numbers, labels: Numbers): number {
  const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(scores, labels);
  return x.slice(1).reduce((area, right, i) => area + ((right - x[i]!) * (y[i]! + y[i + 1]!)) / 2, x[0]!);
}

/**
 * The mean over classes of the area under the ROC curve of each class against the rest. NaN when a class has no examples.
 * @param scores [examples, classes]
 * @param labels [examples]: class indices
 */
export function rocAucOneVersusRest(scores: NdArray, labels: Numbers): number {
  const [, classes] = scores.shape;
  if (scores.shape.length !== 2 || classes === undefined) {
    throw new RangeError(
      `rocAucOneVersusRest: the scores are [${scores.shape.join(', ')}]; expected [examples, classes].`,
    );
  }
  const [values, truth] = [scores.toNumbers(), toNumbers(labels)];
  const areas = Array.from({ length: classes }, (_, index) =>
    rocAuc(
      values.filter((_score, position) => position % classes === index),
      truth.map((label) => Number(label === index)),
    ),
  );
  return areas.reduce((a, b) => a + b, 0) / classes;
}

/**
 * Precision and recall for every threshold. Without positives recall is NaN.
 * Parameters as for `rocCurve`.
 */
export function precisionRecallCurve(scores: Numbers, labels: Numbers): PrecisionRecallPoints {
  const found = cuts('precisionRecallCurve', scores, labels).reverse();
  const positives = found[0]?.truePositives ?? 0;
  return {
    precision: [...found.map((cut) => cut.truePositives / (cut.truePositives + cut.falsePositives)), 1],
    recall: [...found.map(({ truePositives }) => truePositives / positives), 0],
    thresholds: found.map(({ threshold }) => threshold),
  };
}

/**
 * The area under the precision-recall curve as average precision: the sum over thresholds of the gain in recall times the
 * precision there. NaN without positives. Parameters as for `rocCurve`.
 */
export function prAuc(scores: Numbers, labels: Numbers): number {
  const { precision, recall } = precisionRecallCurve(scores, labels);
  if (recall.length === 1) return Number.NaN;
  return recall.slice(0, -1).reduce((area, value, i) => area + (value - recall[i + 1]!) * precision[i]!, 0);
}
