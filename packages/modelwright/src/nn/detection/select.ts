import type { Tensor } from '../../graph/tensor.js';
import {
  cast,
  div,
  greater,
  mod,
  mul,
  nonMaxSuppression,
  reshape,
  sub,
  topK,
  where,
} from '../../primitives/index.js';
import { clipBoxes, gatherRows } from './boxes.js';

export interface DetectionOptions {
  /** Height and width of the image in pixels, at which boxes are cut off. */
  readonly size: readonly [number, number];
  /** Boxes that score less are left out. Default: 0.05. */
  readonly scoreThreshold?: number | undefined;
  /** Of boxes of one class that overlap by more than this share of their union the best is kept. Default: 0.5. */
  readonly iouThreshold?: number | undefined;
  /** The most boxes of an image. Default: 100. */
  readonly maximum?: number | undefined;
}

/** What was found on each image, the best first, with room for `maximum` boxes. */
export interface DetectedBoxes {
  /** x1, y1, x2, y2 in pixels: float32[batch, maximum, 4]. */
  readonly boxes: Tensor;
  /** float32[batch, maximum]; 0 where there is no box. */
  readonly scores: Tensor;
  /** int32[batch, maximum]; -1 where there is no box. */
  readonly classes: Tensor;
}

/**
 * The best boxes of each image after non-maximum suppression, class by class.
 * @param candidates boxes that all classes share, [batch, boxes, 4]
 * @param scores [batch, classes, boxes]
 */
export function selectBoxes(candidates: Tensor, scores: Tensor, options: DetectionOptions): DetectedBoxes {
  const { size, scoreThreshold = 0.05, iouThreshold = 0.5, maximum = 100 } = options;
  const [batch, classes, count] = scores.shape as [number, number, number];
  const clipped = clipBoxes(candidates, size);
  const kept = nonMaxSuppression(clipped, scores, { scoreThreshold, iouThreshold, maximum });
  const flat = reshape(mul(scores, kept), [batch, classes * count]);
  const { values, indices } = topK(flat, Math.min(maximum, classes * count));
  const box = mod(indices, count);
  const label = div(sub(indices, box), count);
  return {
    boxes: gatherRows(clipped, box),
    scores: values,
    classes: where(greater(values, 0), cast(label, 'int32'), -1),
  };
}
