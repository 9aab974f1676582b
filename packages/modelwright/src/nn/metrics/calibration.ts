// Whether predictions are right as often as they say: confidence against accuracy.
import type { NdArray } from '../../graph/array.js';
import { type Numbers, toNumbers } from './ranking.js';

/** The predictions whose confidence lies in one interval. */
export interface CalibrationBin {
  /** Mean confidence of the predictions, 0 .. 1; NaN without any. */
  readonly confidence: number;
  /** Share of them that is right, 0 .. 1; NaN without any. */
  readonly accuracy: number;
  /** How many they are. */
  readonly count: number;
}

/**
 * Predictions in intervals of equal width by their confidence; one on an edge belongs to the interval below.
 * @param confidence [examples]: 0 .. 1
 * @param correct [examples]: 1 where the prediction is right, 0 where not
 * @throws RangeError for a confidence outside 0 .. 1, or lists of different lengths
 */
export function calibration(
  confidence: Numbers,
  correct: Numbers,
  options: { bins?: number } = {},
): CalibrationBin[] {
  const { bins = 10 } = options;
  const [values, right] = [toNumbers(confidence), toNumbers(correct)];
  if (values.length !== right.length) {
    throw new RangeError(
      `calibration: there are ${values.length} confidences and ${right.length} outcomes; expected one each.`,
    );
  }
  const wrong = values.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) {
    throw new RangeError(
      `calibration: a confidence is ${wrong}; expected probabilities, 0 .. 1. Apply softmax or sigmoid to logits.`,
    );
  }
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, accuracy: 0, count: 0 }));
  for (const [position, value] of values.entries()) {
    const sum = sums[Math.max(Math.ceil(value * bins) - 1, 0)]!;
    sum.confidence += value;
    sum.accuracy += right[position]!;
    sum.count++;
  }
  return sums.map((sum) => ({
    confidence: sum.confidence / sum.count,
    accuracy: sum.accuracy / sum.count,
    count: sum.count,
  }));
}

/** ECE = sum over bins of count / total |accuracy - confidence| (Guo et al., 2017). NaN without predictions. */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  const gaps = filled.map(({ count, accuracy, confidence }) => count * Math.abs(accuracy - confidence));
  return gaps.reduce((a, b) => a + b, 0) / total;
}

/**
 * How sure a classifier is of the class it names, and whether that class is right: what `calibration` takes.
 * @param probabilities [examples, classes]
 * @param labels [examples]: class indices
 */
export function topConfidences(
  probabilities: NdArray,
  labels: Numbers,
): { confidence: number[]; correct: number[] } {
  const [, classes] = probabilities.shape;
  const truth = toNumbers(labels);
  if (probabilities.shape.length !== 2 || !classes || probabilities.shape[0] !== truth.length) {
    throw new RangeError(
      `topConfidences: the probabilities are [${probabilities.shape.join(', ')}] for ${truth.length} labels; expected ` +
        `[${truth.length}, classes].`,
    );
  }
  const values = probabilities.toNumbers();
  const rows = truth.map((_, row) => values.slice(row * classes, (row + 1) * classes));
  const confidence = rows.map((row) => Math.max(...row));
  return { confidence, correct: rows.map((row, i) => Number(row.indexOf(confidence[i]!) === truth[i])) };
}
