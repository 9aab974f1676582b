// Boxes said as changes of others: anchors and proposals.
import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, concat, constant, exp, minimum, mul, sub } from '../../primitives/index.js';
import { columns } from './boxes.js';

/** By what changes of place and of size are divided, as since R-CNN (Girshick et al., 2014). */
const placeScale = 0.1;
const sizeScale = 0.2;
/** The largest logarithm of a change of size. */
const largest = Math.log(1000 / 16);

/**
 * Boxes from changes of others: the centre moves by dx and dy tenths of the width and height, which grow by exp(0.2 dw) and exp(0.2 dh).
 * @param from [batch, boxes, 4]
 * @param changes dx, dy, dw, dh, [batch, boxes, 4]
 */
export function changedBoxes(from: Tensor, changes: Tensor): Tensor {
  const [x1, y1, x2, y2] = columns(from);
  const [dx, dy, dw, dh] = columns(changes);
  const axis = (low: Tensor, high: Tensor, move: Tensor, grow: Tensor): [Tensor, Tensor] => {
    const length = sub(high, low);
    const middle = add(mul(add(low, high), 0.5), mul(mul(move, placeScale), length));
    const half = mul(mul(exp(minimum(mul(grow, sizeScale), largest)), length), 0.5);
    return [sub(middle, half), add(middle, half)];
  };
  const [left, right] = axis(x1!, x2!, dx!, dw!);
  const [top, bottom] = axis(y1!, y2!, dy!, dh!);
  return concat([left, top, right, bottom], -1);
}

export interface AnchorLevel {
  readonly stride: number;
  readonly height: number;
  readonly width: number;
  /** Square roots of areas, in strides. */
  readonly scales: readonly number[];
}

/** Heights by widths. */
export const anchorRatios: readonly number[] = [0.5, 1, 2];

/** The anchors of one level, position by position, at each its scales, at each its ratios: float32 [anchors, 4]. */
export function levelAnchors({ stride, height, width, scales }: AnchorLevel): NdArray<'float32'> {
  const shapes = scales.flatMap((scale) =>
    anchorRatios.map(
      (ratio) => [(scale * stride) / Math.sqrt(ratio), scale * stride * Math.sqrt(ratio)] as const,
    ),
  );
  const anchors = new NdArray('float32', [height * width * shapes.length, 4]);
  for (let i = 0; i < height * width; i++) {
    const [x, y] = [((i % width) + 0.5) * stride, (Math.floor(i / width) + 0.5) * stride];
    for (const [shape, [w, h]] of shapes.entries()) {
      anchors.data.set([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 4 * (i * shapes.length + shape));
    }
  }
  return anchors;
}

/** Anchors as a constant, [1, anchors, 4]. */
export function anchorsOf(levels: readonly AnchorLevel[]): Tensor {
  return concat(
    levels.map((level) => {
      const anchors = levelAnchors(level);
      return constant(anchors.reshape([1, ...anchors.shape]));
    }),
    1,
  );
}
