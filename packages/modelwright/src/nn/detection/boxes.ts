// Boxes as tensors: x1, y1, x2, y2 along the last axis, in pixels.
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  clip,
  concat,
  div,
  expandDimensions,
  gather,
  maximum,
  minimum,
  mul,
  positions,
  reshape,
  split,
  sub,
} from '../../primitives/index.js';

/** Below this an area counts as none. */
const nothing = 1e-9;

/** The columns of the last axis one by one, each [.., 1]. */
export function columns(x: Tensor): Tensor[] {
  return split(x, Array<number>(x.shape.at(-1) as number).fill(1), -1);
}

const extent = (low: Tensor, high: Tensor): Tensor => maximum(sub(high, low), 0);

/** Areas of boxes [.., 4]: [.., 1]. */
export function boxArea(boxes: Tensor): Tensor {
  const [x1, y1, x2, y2] = columns(boxes);
  return mul(extent(x1!, x2!), extent(y1!, y2!));
}

interface Overlap {
  /** Intersection over union, [.., 1]; 0 where both boxes are empty. */
  readonly iou: Tensor;
  readonly union: Tensor;
}

function overlap(a: Tensor, b: Tensor): Overlap {
  const [ax1, ay1, ax2, ay2] = columns(a);
  const [bx1, by1, bx2, by2] = columns(b);
  const both = mul(
    extent(maximum(ax1!, bx1!), minimum(ax2!, bx2!)),
    extent(maximum(ay1!, by1!), minimum(ay2!, by2!)),
  );
  const union = sub(add(boxArea(a), boxArea(b)), both);
  return { iou: div(both, maximum(union, nothing)), union };
}

/** Intersection over union of boxes [batch, n, 4] with boxes [batch, m, 4], each with each: [batch, n, m]. */
export function pairwiseIou(a: Tensor, b: Tensor): Tensor {
  const { iou } = overlap(expandDimensions(a, 2), expandDimensions(b, 1));
  return reshape(iou, [a.shape[0]!, a.shape[1]!, b.shape[1]!]);
}

/**
 * Generalised intersection over union of boxes [.., 4], one by one: iou - (hull - union) / hull, the hull being the smallest box
 * around both (Rezatofighi et al., 2019). [.., 1], in -1 .. 1.
 */
export function generalizedIou(a: Tensor, b: Tensor): Tensor {
  const { iou, union } = overlap(a, b);
  const [ax1, ay1, ax2, ay2] = columns(a);
  const [bx1, by1, bx2, by2] = columns(b);
  const hull = mul(
    extent(minimum(ax1!, bx1!), maximum(ax2!, bx2!)),
    extent(minimum(ay1!, by1!), maximum(ay2!, by2!)),
  );
  return sub(iou, div(sub(hull, union), maximum(hull, nothing)));
}

/** Boxes [.., 4] cut off at the edges of an image. @param size [height, width] in pixels */
export function clipBoxes(boxes: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [x1, y1, x2, y2] = columns(boxes);
  const across = (x: Tensor): Tensor => clip(x, 0, width);
  const down = (y: Tensor): Tensor => clip(y, 0, height);
  return concat([across(x1!), down(y1!), across(x2!), down(y2!)], -1);
}

/** Rows of each image: x [batch, rows, columns] at indices int32[batch, chosen], as [batch, chosen, columns]. */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  const [, rows, width] = x.shape as [unknown, number, number];
  const start = reshape(mul(positions(x, 0), rows), [x.shape[0]!, 1]);
  return gather(reshape(x, [-1, width]), add(indices, start));
}
