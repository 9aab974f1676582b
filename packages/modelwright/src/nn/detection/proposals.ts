// What a two-stage detector says, as rows of one tensor: a row an anchor, then a row a proposal.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  greater,
  indicator,
  mul,
  nonMaxSuppression,
  reshape,
  sigmoid,
  slice,
  softmax,
  stopGradient,
  topK,
  transpose,
} from '../../primitives/index.js';
import { changedBoxes } from './anchors.js';
import { clipBoxes, gatherRows } from './boxes.js';
import { type DetectedBoxes, type DetectionOptions, selectBoxes } from './select.js';

/** Boxes that the first stage hands to the second. */
export const defaultProposals = 96;

/** Columns before those of the classes: the box to be changed, and its change. */
const before = 8;
/** Anchors among which overlapping ones are suppressed, the best ones. */
const considered = 400;
/** Of proposals that share more than this the best is kept. */
const iouThreshold = 0.7;

/** The parts of what a two-stage detector gives. */
export interface TwoStages {
  /** All anchors: boxes and changes [batch, anchors, 4], and a logit of there being an object [batch, anchors, 1]. */
  readonly anchors: { readonly boxes: Tensor; readonly changes: Tensor; readonly objectness: Tensor };
  /** Proposals: boxes (empty where there is none) and changes [batch, n, 4], and logits of the classes and of none, [batch, n, classes + 1]. */
  readonly proposals: { readonly boxes: Tensor; readonly changes: Tensor; readonly logits: Tensor };
}

/** How many columns a row has for so many classes. */
export const stageColumns = (classes: number): number => before + classes + 1;

/**
 * The parts of [batch, anchors + proposals, 9 + classes].
 * @throws TypeError when the tensor cannot be what such a detector gives
 */
export function unpackStages(who: string, prediction: Tensor, proposals = defaultProposals): TwoStages {
  const [, rows, width] = prediction.shape;
  const known = prediction.rank === 3 && typeof width === 'number' && typeof rows === 'number';
  if (!known || width <= before + 1 || rows <= proposals) {
    throw new TypeError(
      `${who}: expected what a fasterRcnn() network with ${proposals} proposals gives, ` +
        `[batch, anchors + proposals, 9 + classes], but got ${formatShape(prediction.shape)}.`,
    );
  }
  const [first, second] = [slice(prediction, 1, 0, rows - proposals), slice(prediction, 1, rows - proposals)];
  return {
    anchors: {
      boxes: slice(first, 2, 0, 4),
      changes: slice(first, 2, 4, before),
      objectness: slice(first, 2, before, before + 1),
    },
    proposals: {
      boxes: slice(second, 2, 0, 4),
      changes: slice(second, 2, 4, before),
      logits: slice(second, 2, before),
    },
  };
}

/**
 * The boxes that the first stage proposes: the likeliest anchors, changed, without those that overlap a better one. No gradient flows
 * through them.
 * @param size [height, width] of the image in pixels
 * @returns [batch, count, 4]; empty boxes where there are fewer
 */
export function propose(
  { boxes, changes, objectness }: TwoStages['anchors'],
  count: number,
  size: readonly [number, number],
): Tensor {
  const [batch, anchors] = objectness.shape as [number, number];
  const { values, indices } = topK(
    reshape(sigmoid(stopGradient(objectness)), [batch, anchors]),
    Math.min(considered, anchors),
  );
  const chosen = changedBoxes(gatherRows(boxes, indices), gatherRows(stopGradient(changes), indices));
  const clipped = clipBoxes(chosen, size);
  const scores = reshape(values, [batch, 1, values.shape[1]!]);
  const kept = nonMaxSuppression(clipped, scores, { iouThreshold, scoreThreshold: 0, maximum: count });
  const best = topK(reshape(mul(scores, kept), values.shape), Math.min(count, values.shape[1] as number));
  const there = indicator(greater(best.values, 0));
  return stopGradient(
    mul(gatherRows(clipped, best.indices), reshape(there, [batch, best.values.shape[1]!, 1])),
  );
}

/**
 * The best boxes out of what a `fasterRcnn` network gives, class by class. A box scores the probability of its class.
 * @param prediction [batch, anchors + proposals, 9 + classes]
 */
export function detectProposals(
  prediction: Tensor,
  options: DetectionOptions,
  proposals = defaultProposals,
): DetectedBoxes {
  const { boxes, changes, logits } = unpackStages('detectProposals', prediction, proposals).proposals;
  const classes = (logits.shape[2] as number) - 1;
  const scores = transpose(slice(softmax(logits, 2), 2, 0, classes), [0, 2, 1]);
  return selectBoxes(changedBoxes(boxes, changes), scores, options);
}
