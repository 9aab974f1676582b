import { NdArray } from '../graph/array.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { apply1, type ReferenceValue, type Tensor } from '../graph/tensor.js';
import { definePrimitive, spread } from './define.js';

type Suppression = {
  /** Boxes that overlap a better one of their class by more than this share of their union are left out. */
  iouThreshold: number;
  /** Boxes that do not score above this are left out. */
  scoreThreshold: number;
  /** The most boxes to keep of each class of each image. */
  maximum: number;
};

/** Which boxes are the best of those that overlap, as 1 and 0. It has no gradient. */
export const nonMaxSuppressionPrimitive = definePrimitive<Suppression>({
  name: 'nonMaxSuppression',
  infer([boxes, scores]) {
    const [batch, count] = boxes!.shape;
    const [scoreBatch, , scoreCount] = scores!.shape;
    const floats = boxes!.dtype === 'float32' && scores!.dtype === 'float32';
    const fits = sameShape([batch!, count!], [scoreBatch!, scoreCount!]);
    if (
      !floats ||
      boxes!.shape.length !== 3 ||
      scores!.shape.length !== 3 ||
      boxes!.shape[2] !== 4 ||
      !fits
    ) {
      throw new TypeError(
        `nonMaxSuppression: expected float32 boxes [batch, boxes, 4] and scores [batch, classes, boxes], but got ` +
          `${boxes!.dtype}${formatShape(boxes!.shape)} and ${scores!.dtype}${formatShape(scores!.shape)}.`,
      );
    }
    return [{ dtype: 'float32', shape: scores!.shape }];
  },
  gradient: () => [undefined, undefined],
  lower(to, [boxes, scores], { attributes: { iouThreshold, scoreThreshold, maximum } }) {
    const kept = to.emit('NonMaxSuppression', [
      boxes!,
      scores!,
      to.integers([maximum]),
      to.constant(NdArray.from([iouThreshold])),
      to.constant(NdArray.from([scoreThreshold])),
    ]);
    const zeros = to.emit('ConstantOfShape', [to.emit('Shape', [scores!])]);
    const count = to.emit('Shape', [kept], { start: 0, end: 1 });
    return [to.emit('ScatterND', [zeros, kept, to.emit('Expand', [to.scalar(1, 'float32'), count])])];
  },
  evaluate([boxes, scores], options) {
    const [batch, classes, count] = scores!.shape as [number, number, number];
    const mask = new Float64Array(scores!.data.length);
    for (let image = 0; image < batch; image++) {
      const of = (i: number): Float64Array =>
        boxes!.data.subarray((image * count + i) * 4, (image * count + i + 1) * 4);
      for (let label = 0; label < classes; label++) {
        const start = (image * classes + label) * count;
        for (const i of bestOf(scores!, start, count, of, options)) mask[start + i] = 1;
      }
    }
    return [mask];
  },
  samples: () => {
    const options = { iouThreshold: 0.5, scoreThreshold: 0.125, maximum: 10 };
    const noGradient = 'it has none by definition';
    const boxes = NdArray.from([
      [
        [0, 0, 4, 4],
        [1, 0, 5, 4],
        [0, 0, 4, 4],
        [8, 8, 9, 9],
      ],
      [
        [0, 0, 2, 2],
        [0, 1, 2, 3],
        [5, 5, 6, 6],
        [5, 5, 6, 6.5],
      ],
    ]);
    const scores = NdArray.from([
      [
        [0.5, 0.6, 0.7, 0.05],
        [0.4, 0.4, 0.4, 0.4],
      ],
      [
        [0.9, 0.8, 0.3, 0.35],
        [0.125, 0.2, 0.1, 0],
      ],
    ]);
    return [
      { inputs: [boxes, scores], attributes: options, noGradient },
      { inputs: [boxes, scores], attributes: { ...options, maximum: 1, iouThreshold: 0 }, noGradient },
      {
        inputs: [spread([1, 3, 4]), spread([1, 1, 3], -1, 0)],
        attributes: options,
        noGradient,
      },
    ];
  },
});

/** Goes through one class's boxes from the best score down. */
function bestOf(
  scores: ReferenceValue,
  start: number,
  count: number,
  boxOf: (index: number) => Float64Array,
  { iouThreshold, scoreThreshold, maximum }: Suppression,
): number[] {
  const score = (i: number): number => scores.data[start + i]!;
  const order = Array.from({ length: count }, (_, i) => i)
    .filter((i) => score(i) > scoreThreshold)
    .sort((a, b) => score(b) - score(a) || a - b);
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length === maximum) break;
    if (kept.every((other) => overlap(boxOf(i), boxOf(other)) <= iouThreshold)) kept.push(i);
  }
  return kept;
}

/** Intersection over union of two boxes, each given by two opposite corners. */
function overlap(a: Float64Array, b: Float64Array): number {
  const side = (axis: number): number[] => {
    const [low, high] = [Math.min(a[axis]!, a[axis + 2]!), Math.max(a[axis]!, a[axis + 2]!)];
    const [otherLow, otherHigh] = [Math.min(b[axis]!, b[axis + 2]!), Math.max(b[axis]!, b[axis + 2]!)];
    return [
      Math.max(0, Math.min(high, otherHigh) - Math.max(low, otherLow)),
      high - low,
      otherHigh - otherLow,
    ];
  };
  const [[x, width, otherWidth], [y, height, otherHeight]] = [side(0), side(1)] as [number[], number[]];
  const both = x! * y!;
  const union = width! * height! + otherWidth! * otherHeight! - both;
  return union > 0 ? both / union : 0;
}

/**
 * Which boxes remain when of those that overlap only the best is kept, class by class: 1 or 0, float32[batch, classes, boxes].
 * @param boxes float32[batch, boxes, 4], two opposite corners each, such as x1, y1, x2, y2
 * @param scores float32[batch, classes, boxes]
 */
export function nonMaxSuppression(boxes: Tensor, scores: Tensor, options: Suppression): Tensor {
  return apply1(nonMaxSuppressionPrimitive, [boxes, scores], options);
}
