import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  and,
  argMax,
  cast,
  concat,
  div,
  equal,
  greater,
  greaterEqual,
  indicator,
  less,
  logSoftmax,
  matmul,
  max,
  maximum,
  mul,
  neg,
  oneHot,
  or,
  reshape,
  slice,
  stopGradient,
  sub,
  sum,
  transpose,
} from '../../primitives/index.js';
import { changedBoxes } from '../detection/anchors.js';
import { boxArea, generalizedIou, pairwiseIou } from '../detection/boxes.js';
import { defaultProposals, type TwoStages, unpackStages } from '../detection/proposals.js';
import { focalValues } from './focal.js';
import { defineLoss } from './loss.js';

export interface RcnnLossOptions {
  /** Boxes that the first stage hands to the second: as many as the network has. Default: 96. */
  readonly proposals?: number;
}

/** An anchor stands for a box with which it shares this much of their union, and for none when it shares less than the other with all. */
const anchorPositive = 0.7;
const anchorNegative = 0.3;
/** A proposal is of the class of a box with which it shares this much of their union. */
const proposalPositive = 0.5;

/** True boxes and how much others share with them. */
interface Matching {
  /** [batch, boxes, 4]. */
  readonly truth: Tensor;
  /** 1 where there is a box, [batch, 1, boxes]. */
  readonly real: Tensor;
  /** Intersection over union with each, [batch, rows, boxes]. */
  readonly iou: Tensor;
  /** The best of them, [batch, rows, 1]. */
  readonly best: Tensor;
  /** 1 at the first true box that has it, [batch, rows, boxes]. */
  readonly chosen: Tensor;
}

function match(rows: Tensor, target: Tensor): Matching {
  const truth = slice(target, 2, 0, 4);
  const real = indicator(greater(transpose(slice(target, 2, 4, 5), [0, 2, 1]), -0.5));
  const iou = mul(pairwiseIou(rows, truth), real);
  return {
    truth,
    real,
    iou,
    best: max(iou, 2, true),
    chosen: oneHot(argMax(iou, 2), target.shape[1] as number),
  };
}

const over = (values: Tensor): Tensor => sum(values, [1, 2]);

/** The focal loss of there being an object, and one less the generalised overlap where there is one. */
function firstStageLoss({ boxes, changes, objectness }: TwoStages['anchors'], target: Tensor): Tensor {
  const fixed = stopGradient(boxes);
  const { truth, real, iou, best, chosen } = match(fixed, target);
  // Each true box has at least the anchor that shares most with it.
  const mostOf = max(iou, 1, true);
  const isMost = and(and(equal(iou, mostOf), greater(mostOf, 0)), greater(real, 0.5));
  const positive = indicator(
    or(greaterEqual(best, anchorPositive), greater(max(indicator(isMost), 2, true), 0.5)),
  );
  const counted = maximum(positive, indicator(less(best, anchorNegative)));
  const count = maximum(over(positive), 1);
  const told = mul(counted, focalValues(objectness, positive));
  const missed = mul(positive, sub(1, generalizedIou(changedBoxes(fixed, changes), matmul(chosen, truth))));
  return div(add(over(told), over(missed)), count);
}

/** The cross entropy of the classes, and one less the generalised overlap where there is an object. */
function secondStageLoss({ boxes, changes, logits }: TwoStages['proposals'], target: Tensor): Tensor {
  const fixed = stopGradient(boxes);
  const classes = (logits.shape[2] as number) - 1;
  const { truth, best, chosen } = match(fixed, target);
  const positive = indicator(greaterEqual(best, proposalPositive));
  const there = indicator(greater(boxArea(fixed), 0));
  const labels = oneHot(reshape(cast(slice(target, 2, 4, 5), 'int32'), target.shape.slice(0, 2)), classes);
  const ofClass = mul(matmul(chosen, labels), positive);
  const distribution = concat([ofClass, sub(1, positive)], 2);
  const told = mul(there, neg(sum(mul(distribution, logSoftmax(logits, 2)), 2, true)));
  const missed = mul(positive, sub(1, generalizedIou(changedBoxes(fixed, changes), matmul(chosen, truth))));
  return add(div(over(told), maximum(over(there), 1)), div(over(missed), maximum(over(positive), 1)));
}

/**
 * What a two-stage detector is trained with (after Faster R-CNN; Ren et al., 2015), both stages at once. Anchors: the focal loss of there being an
 * object, where an anchor shares 0.7 of its union with a true box or more than any other anchor does; those between 0.3 and
 * 0.7 do not count. Proposals: the cross entropy of the classes and of none, where one shares 0.5 with a true box. For boxes of both one less
 * the generalised intersection over union.
 *
 * Prediction: what `fasterRcnn` gives, [batch, anchors + proposals, 9 + classes]. Target: [batch, boxes, 5], x1, y1, x2, y2 in pixels and the
 * class; rows with a class of -1 are empty. One value an image.
 * @throws TypeError when the prediction does not come from such a network, or the target has another shape
 */
export const rcnnLoss = defineLoss<RcnnLossOptions>('rcnnLoss', (prediction, target, options) => {
  if (target.rank !== 3 || target.shape[2] !== 5) {
    throw new TypeError(
      `rcnnLoss: the target is ${formatShape(target.shape)}; expected [batch, boxes, 5]: x1, y1, x2, y2, class.`,
    );
  }
  const stages = unpackStages('rcnnLoss', prediction, options.proposals ?? defaultProposals);
  return { values: add(firstStageLoss(stages.anchors, target), secondStageLoss(stages.proposals, target)) };
});
