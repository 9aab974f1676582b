// Brings a target into the form in which it can be compared with a prediction. Losses and metrics share these rules.
import { NdArray } from '../../graph/array.js';
import { isFloat } from '../../graph/dtype.js';
import { type Dimension, formatShape, normalizeAxis, type Shape, sameShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { cast, constant, equal, expandDimensions, reshape } from '../../primitives/index.js';

/** A target over classes. */
export interface ClassTarget {
  /** Which axis of the prediction the classes lie on. */
  readonly axis: number;
  readonly classes: number;
  /** The class of each position, int32[batch, ..], where the target names one. */
  readonly indices: Tensor | undefined;
  /** How much each position belongs to each class, in the prediction's shape: 0 and 1 where the target names one class. */
  readonly distribution: Tensor;
}

/**
 * Reads a target over classes: integers [batch, ..], or floats in the shape of the prediction.
 * @param prediction [batch, classes, ..], or with the classes on another axis
 * @throws TypeError when there is no class axis, or the target has neither form
 */
export function classTarget(who: string, prediction: Tensor, target: Tensor, classAxis = 1): ClassTarget {
  if (prediction.rank < 2) {
    throw new TypeError(
      `${who}: the prediction is ${prediction}, without an axis of classes; expected [batch, classes]. ` +
        `For two classes told apart by one logit use binaryCrossEntropy.`,
    );
  }
  const axis = normalizeAxis(classAxis, prediction.rank, who);
  const classes = prediction.shape[axis]!;
  if (typeof classes !== 'number' || classes < 2) {
    throw new TypeError(
      `${who}: the prediction ${prediction} has ${classes} classes on axis ${axis}; expected at least two. ` +
        `For two classes told apart by one logit use binaryCrossEntropy.`,
    );
  }
  if (sameShape(target.shape, prediction.shape)) {
    if (isFloat(target.dtype)) {
      return { axis, classes, indices: undefined, distribution: cast(target, prediction.dtype) };
    }
  } else if (sameShape(target.shape, without(prediction.shape, axis)) && !isFloat(target.dtype)) {
    const indices = cast(target, 'int32');
    return { axis, classes, indices, distribution: oneHotAt(indices, axis, classes, prediction) };
  }
  throw new TypeError(
    `${who}: the prediction is ${prediction} and the target ${target}. ${hint(prediction, target, axis)}`,
  );
}

/** 1 at each index along a new axis, in the dtype of `like`. */
function oneHotAt(indices: Tensor, axis: number, classes: number, like: Tensor): Tensor {
  const shape = Array.from({ length: like.rank - axis }, (_, position) => (position === 0 ? classes : 1));
  const names = NdArray.of(
    'int32',
    shape,
    Array.from({ length: classes }, (_, position) => position),
  );
  return cast(equal(expandDimensions(indices, axis), constant(names)), like.dtype);
}

const without = (shape: Shape, axis: number): Dimension[] => shape.toSpliced(axis, 1);

function hint(prediction: Tensor, target: Tensor, axis: number): string {
  const expected = `Expected class indices, int32${formatShape(without(prediction.shape, axis))}, or floats ${formatShape(prediction.shape)}.`;
  if (sameShape(target.shape, prediction.shape))
    return `${expected} If these are one-hot rows, cast('float32') them.`;
  if (sameShape(target.shape, without(prediction.shape, axis)))
    return `${expected} Class indices are integers: cast('int32') them.`;
  if (sameShape(target.shape, [...without(prediction.shape, axis), 1]))
    return `${expected} Drop the last axis of the target.`;
  if (sameShape(target.shape, prediction.shape.slice(0, -1)))
    return `${expected} If the classes lie on the last axis, say classAxis: -1.`;
  return expected;
}

/**
 * The target in the shape and dtype of the prediction, for losses that compare element by element.
 * [batch] and [batch, 1] stand for each other.
 * @throws TypeError when the shapes differ: they are never stretched
 */
export function elementTarget(who: string, prediction: Tensor, target: Tensor): Tensor {
  if (prediction.rank === 0) throw new TypeError(`${who}: the prediction is a scalar; expected [batch, ..].`);
  if (!sameShape(squeezed(prediction.shape), squeezed(target.shape))) {
    const advice =
      target.rank === prediction.rank - 1
        ? 'For class indices use crossEntropy.'
        : 'Does the last layer have as many units as the target has values?';
    throw new TypeError(
      `${who}: the prediction is ${prediction} and the target ${target}; they must have the same shape. ${advice}`,
    );
  }
  return reshape(cast(target, prediction.dtype), prediction.shape);
}

/** The shape without an axis of size 1 at its end. */
const squeezed = (shape: Shape): Shape =>
  shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
