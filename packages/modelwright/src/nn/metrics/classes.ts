// Reads predicted and true classes off predictions and targets.
import type { Tensor } from '../../graph/tensor.js';
import { argMax, cast, equal, greater, not } from '../../primitives/index.js';
import { classTarget, elementTarget } from '../losses/targets.js';

export interface ClassOptions {
  /** The axis of the classes. Default: 1; say -1 for [batch, time, classes]. */
  readonly classAxis?: number;
  /** Positions whose target is this class index do not count. Default: none. */
  readonly ignoreIndex?: number;
}

export interface Classes {
  /** int32[batch, ..]. */
  readonly predicted: Tensor;
  /** In the same shape. */
  readonly actual: Tensor;
  readonly classes: number;
  /** 1 where a position counts, float32; absent where all do. */
  readonly counted: Tensor | undefined;
}

/**
 * The predicted and the true class of each position.
 * One logit an example, [batch] or [batch, 1], tells two classes apart: above 0 it is class 1, and a target above 0.5 is.
 * Otherwise the prediction has an axis of classes, and the target is class indices [batch, ..] or floats in its shape.
 */
export function classesOf(who: string, prediction: Tensor, target: Tensor, options: ClassOptions): Classes {
  const { classAxis, ignoreIndex } = options;
  if (prediction.rank === 1 || (prediction.rank === 2 && prediction.shape[1] === 1)) {
    const t = elementTarget(who, prediction, target);
    return {
      predicted: cast(greater(prediction, 0), 'int32'),
      actual: cast(greater(t, 0.5), 'int32'),
      classes: 2,
      counted: counted(t, ignoreIndex),
    };
  }
  const { axis, classes, indices, distribution } = classTarget(who, prediction, target, classAxis);
  const actual = indices ?? argMax(distribution, axis);
  return { predicted: argMax(prediction, axis), actual, classes, counted: counted(actual, ignoreIndex) };
}

/** 1 where a target counts, float32. */
export function counted(target: Tensor, ignoreIndex: number | undefined): Tensor | undefined {
  return ignoreIndex === undefined ? undefined : cast(not(equal(target, ignoreIndex)), 'float32');
}
