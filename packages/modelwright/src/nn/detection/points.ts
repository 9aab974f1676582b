// What a detector without anchors says of each of its points, as rows of one tensor.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, concat, mul, sigmoid, slice, sqrt, sub, transpose } from '../../primitives/index.js';
import { columns } from './boxes.js';
import { type DetectedBoxes, type DetectionOptions, selectBoxes } from './select.js';

/** Columns before those of the classes: x, y, stride; left, top, right, bottom; quality. */
const before = 8;

/** The parts of what a detector without anchors gives, each [batch, points, ..]. */
export interface Points {
  /** Where each point is, in pixels [.., 1]. */
  readonly x: Tensor;
  readonly y: Tensor;
  /** Pixels from one point to the next on its level, [.., 1]. */
  readonly stride: Tensor;
  /** How far the box reaches to the left, top, right and bottom of its point, in pixels, [.., 4]. */
  readonly sides: Tensor;
  /** How near the point is to the middle of its box: a logit [.., 1]. */
  readonly quality: Tensor;
  /** A logit for each class, [.., classes]. */
  readonly logits: Tensor;
}

/** How many columns a row has for so many classes. */
export const pointColumns = (classes: number): number => before + classes;

/**
 * The parts of [batch, points, 8 + classes].
 * @throws TypeError when the tensor cannot be what such a detector gives
 */
export function unpackPoints(who: string, prediction: Tensor): Points {
  const width = prediction.shape[2];
  if (prediction.rank !== 3 || typeof width !== 'number' || width <= before) {
    throw new TypeError(
      `${who}: expected what an fcos() network gives, [batch, points, 8 + classes], but got ${formatShape(prediction.shape)}.`,
    );
  }
  const [x, y, stride] = columns(slice(prediction, 2, 0, 3));
  return {
    x: x!,
    y: y!,
    stride: stride!,
    sides: slice(prediction, 2, 3, 7),
    quality: slice(prediction, 2, 7, 8),
    logits: slice(prediction, 2, before),
  };
}

/** The boxes of points, [batch, points, 4]. */
export function pointBoxes({ x, y, sides }: Pick<Points, 'x' | 'y' | 'sides'>): Tensor {
  const [left, top, right, bottom] = columns(sides);
  return concat([sub(x, left!), sub(y, top!), add(x, right!), add(y, bottom!)], -1);
}

/**
 * The best boxes out of what an `fcos` network gives, class by class. A box scores sqrt(class probability x centreness).
 * @param prediction [batch, points, 8 + classes]
 */
export function detectPoints(prediction: Tensor, options: DetectionOptions): DetectedBoxes {
  const points = unpackPoints('detectPoints', prediction);
  const scores = sqrt(mul(sigmoid(points.logits), sigmoid(points.quality)));
  return selectBoxes(pointBoxes(points), transpose(scores, [0, 2, 1]), options);
}
