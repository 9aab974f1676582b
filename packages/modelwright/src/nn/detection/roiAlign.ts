import { NdArray } from '../../graph/array.js';
import { formatShape, staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  and,
  clip,
  constant,
  greaterEqual,
  indicator,
  lessEqual,
  matmul,
  maximum,
  mean,
  mul,
  range,
  reshape,
  sub,
  transpose,
} from '../../primitives/index.js';
import { columns } from './boxes.js';

export interface RoiAlignOptions {
  /** Pixels of the image from one position of the features to the next. */
  readonly stride: number;
  /** Rows and columns of the result. Default: 7. */
  readonly size?: number;
  /** Samples in each row and column, of which the mean is taken. Default: 2. */
  readonly samples?: number;
}

/**
 * Features within boxes, at a fixed size (He et al., 2017): each cell of a grid over the box is the mean of bilinear samples. As in torchvision's
 * roi_align with aligned=True. Since a sample's weights are those of its row times those of its column, it is two products
 * with matrices of weights. Boxes count as constants.
 * @param features [batch, channels, height, width]
 * @param boxes [batch, boxes, 4], x1, y1, x2, y2 in pixels of the image
 * @returns [batch, boxes, channels, size, size]
 */
export function roiAlign(features: Tensor, boxes: Tensor, options: RoiAlignOptions): Tensor {
  const { stride, size = 7, samples = 2 } = options;
  if (features.rank !== 4 || boxes.rank !== 3 || boxes.shape[2] !== 4) {
    throw new TypeError(
      `roiAlign: expected features [batch, channels, height, width] and boxes [batch, boxes, 4], but got ` +
        `${formatShape(features.shape)} and ${formatShape(boxes.shape)}.`,
    );
  }
  const batch = features.shape[0]!;
  const [channels, height, width, count] = staticShape(
    [...features.shape.slice(1), boxes.shape[1]!],
    'roiAlign',
  ) as [number, number, number, number];
  const [x1, y1, x2, y2] = columns(mul(boxes, 1 / stride));
  const rows = lineWeights(y1!, y2!, height, size, samples);
  const across = lineWeights(x1!, x2!, width, size, samples);
  const lines = reshape(transpose(features, [0, 2, 1, 3]), [batch, height, channels * width]);
  const down = matmul(reshape(rows, [batch, count * size, height]), lines);
  const cells = matmul(
    reshape(down, [batch, count, size * channels, width]),
    transpose(across, [0, 1, 3, 2]),
  );
  return transpose(reshape(cells, [batch, count, size, channels, size]), [0, 1, 3, 2, 4]);
}

/**
 * How much each of `length` positions counts in each of `size` cells between two edges: [batch, boxes, size, length]. What lies more
 * than one position outside counts nothing.
 * @param low where the box begins, in positions, [batch, boxes, 1]
 */
function lineWeights(low: Tensor, high: Tensor, length: number, size: number, samples: number): Tensor {
  const [batch, count] = low.shape;
  const shares = Array.from({ length: size * samples }, (_, i) => (i + 0.5) / (size * samples));
  const share = constant(NdArray.of('float32', [1, 1, size * samples], shares));
  const at = reshape(sub(add(low, mul(sub(high, low), share)), 0.5), [batch!, count!, size * samples, 1]);
  const inside = indicator(and(greaterEqual(at, -1), lessEqual(at, length)));
  const places = reshape(range(length, 'float32'), [1, 1, 1, length]);
  const near = maximum(sub(1, abs(sub(clip(at, 0, length - 1), places))), 0);
  const weights = mul(near, inside);
  return mean(reshape(weights, [batch!, count!, size, samples, length]), 3);
}
