import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  and,
  argMax,
  cast,
  div,
  equal,
  greater,
  indicator,
  less,
  lessEqual,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  neg,
  oneHot,
  or,
  reshape,
  slice,
  softplus,
  sqrt,
  stopGradient,
  sub,
  sum,
  transpose,
  where,
} from '../../primitives/index.js';
import { boxArea, columns, generalizedIou } from '../detection/boxes.js';
import { type Points, pointBoxes, unpackPoints } from '../detection/points.js';
import { type FocalOptions, focalValues } from './focal.js';
import { defineLoss } from './loss.js';

export interface FcosLossOptions extends FocalOptions {
  /** How far from the middle of a box, in strides, a point may be that stands for it. Default: 1.5. */
  readonly radius?: number;
  /** The longest side to a box's edge, in strides, for which a level is made; longer ones are the next level's. Default: 8. */
  readonly reach?: number;
}

/** What each point should say. All [batch, points, ..]. */
export interface PointTargets {
  /** 1 where the point stands for a box, [.., 1]. */
  readonly positive: Tensor;
  /** 1 at the class of that box, [.., classes]. */
  readonly classes: Tensor;
  /** That box, [.., 4]; zeros where there is none. */
  readonly boxes: Tensor;
  /** How near the point is to the middle of its box, 0 .. 1, [.., 1]. */
  readonly centreness: Tensor;
}

const far = 1e12;

/**
 * Which box each point stands for: a box in whose middle it lies, within the reach of its level; of several the smallest.
 * @param target [batch, boxes, 5]: x1, y1, x2, y2, class; below 0 the class says that there is no box
 */
export function assignPoints(
  points: Points,
  target: Tensor,
  { radius = 1.5, reach = 8 }: FcosLossOptions = {},
): PointTargets {
  const { x, y, stride } = points;
  const classes = points.logits.shape[2] as number;
  const boxes = slice(target, 2, 0, 4);
  const [x1, y1, x2, y2] = columns(boxes).map((column) => transpose(column, [0, 2, 1]));
  const sides = [sub(x, x1!), sub(y, y1!), sub(x2!, x), sub(y2!, y)];
  const inside = greater(sides.reduce(minimum), 0);
  const longest = div(sides.reduce(maximum), stride);
  const first = equal(stride, min(stride));
  const last = equal(stride, max(stride, 1, true));
  const reached = and(or(greater(longest, reach / 2), first), or(lessEqual(longest, reach), last));
  const near = (low: Tensor, high: Tensor, at: Tensor): Tensor =>
    less(abs(sub(at, mul(add(low, high), 0.5))), mul(stride, radius));
  const central = and(near(x1!, x2!, x), near(y1!, y2!, y));
  const real = greater(transpose(slice(target, 2, 4, 5), [0, 2, 1]), -0.5);
  const candidate = and(and(inside, reached), and(central, real));
  const cost = where(candidate, transpose(boxArea(boxes), [0, 2, 1]), far);
  const best = argMax(neg(cost), 2);
  const chosen = mul(oneHot(best, target.shape[1] as number), indicator(candidate));
  const positive = sum(chosen, 2, true);
  const labels = oneHot(reshape(cast(slice(target, 2, 4, 5), 'int32'), target.shape.slice(0, 2)), classes);
  return {
    positive,
    classes: matmul(chosen, labels),
    boxes: matmul(chosen, boxes),
    centreness: centrenessOf(points, matmul(chosen, boxes), positive),
  };
}

const min = (x: Tensor): Tensor => neg(max(neg(x), 1, true));

/** sqrt of the shorter by the longer side, across times down. */
function centrenessOf({ x, y }: Points, boxes: Tensor, positive: Tensor): Tensor {
  const [x1, y1, x2, y2] = columns(boxes);
  const ratio = (a: Tensor, b: Tensor): Tensor => div(minimum(a, b), maximum(maximum(a, b), 1e-6));
  const ratios = mul(ratio(sub(x, x1!), sub(x2!, x)), ratio(sub(y, y1!), sub(y2!, y)));
  return sqrt(where(greater(positive, 0.5), ratios, 0));
}

/**
 * What a detector without anchors is trained with (FCOS; Tian et al., 2019): the focal loss of all classes at all points, and at the
 * points that stand for a box one less its generalised intersection over union, weighted by the centreness, and the binary
 * cross entropy of the centreness. Each part is divided by the number of such points of the image (the boxes by the sum of their
 * weights). A point stands for a box in whose middle it lies, if the farthest side is within the reach of its level; of several for the smallest.
 *
 * Prediction: what `fcos` gives, [batch, points, 8 + classes]. Target: [batch, boxes, 5], x1, y1, x2, y2 in pixels and the class;
 * rows with a class of -1 are empty. One value an image.
 * @throws TypeError when the prediction does not come from such a network, or the target has another shape
 */
export const fcosLoss = defineLoss<FcosLossOptions>('fcosLoss', (prediction, target, options) => {
  const points = unpackPoints('fcosLoss', prediction);
  if (target.rank !== 3 || target.shape[2] !== 5) {
    throw new TypeError(
      `fcosLoss: the target is ${formatShape(target.shape)}; expected [batch, boxes, 5]: x1, y1, x2, y2, class.`,
    );
  }
  const [x, y, stride] = [points.x, points.y, points.stride].map(stopGradient) as [Tensor, Tensor, Tensor];
  const fixed = { ...points, x, y, stride };
  const { positive, classes, boxes, centreness } = assignPoints(fixed, target, options);
  const over = (values: Tensor): Tensor => sum(values, [1, 2]);
  const count = maximum(over(positive), 1);
  const missed = mul(centreness, sub(1, generalizedIou(pointBoxes(fixed), boxes)));
  const quality = mul(positive, sub(softplus(points.quality), mul(points.quality, centreness)));
  const parts = [
    div(over(focalValues(points.logits, classes, options)), count),
    div(over(missed), maximum(over(centreness), 1e-6)),
    div(over(quality), count),
  ];
  return { values: parts.reduce(add) };
});
