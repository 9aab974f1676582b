// The cross entropy of logits with one class for each row, for large numbers of classes: no row of zeros and ones is ever made.
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { apply, apply1, type ReferenceValue, type Tensor, type TensorType } from '../graph/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { exp } from './elementwise.js';
import { asIndices } from './indexing.js';
import { sum } from './reductions.js';
import { expandDimensions } from './shaping.js';

/** How much of each target is spread evenly over all classes. */
type Smoothing = { readonly smoothing: number };

function requireRows(who: string, [scores, classes]: readonly TensorType[]): void {
  requireDtype(who, scores!, isFloat, 'floats');
  requireDtype(who, classes!, isInteger, 'whole-number classes');
  if (scores!.shape.length === 0 || !sameShape(scores!.shape.slice(0, -1), classes!.shape)) {
    throw new TypeError(
      `${who}: expected a class for each row of ${formatShape(scores!.shape)}, but the classes are ${formatShape(classes!.shape)}.`,
    );
  }
}

/**
 * log(softmax(x)) over the last axis of logits [.., classes], and before it the cross entropy [..] of each row: -sum q log(softmax(x)),
 * where q is 1 - smoothing at the row's class, and smoothing / classes more everywhere.
 */
export const classLogLossPrimitive = definePrimitive<Smoothing>({
  name: 'classLogLoss',
  infer(inputs) {
    requireRows('classLogLoss', inputs);
    const [{ dtype, shape }] = inputs as [TensorType, TensorType];
    return [
      { dtype, shape: shape.slice(0, -1) },
      { dtype, shape },
    ];
  },
  gradient({ inputs: [, classes], outputs: [, logs], gradients: [g, gLogs], attributes: { smoothing } }) {
    const own = g && mul(classLogLossGradient(logs!, classes!, smoothing), expandDimensions(g, -1));
    const rest = gLogs && sub(gLogs, mul(exp(logs!), sum(gLogs, -1, true)));
    return [own && rest ? add(own, rest) : (own ?? rest), undefined];
  },
  lower(to, [x, classes], { attributes: { smoothing }, inputs: [scores] }) {
    const last = to.integers([-1]);
    const logs = to.emit('LogSoftmax', [x!], { axis: -1 });
    const column = to.emit('Unsqueeze', [classes!, last]);
    const picked = to.emit('Squeeze', [to.emit('GatherElements', [logs, column], { axis: -1 }), last]);
    if (smoothing === 0) return [to.emit('Neg', [picked]), logs];
    const own = to.emit('Mul', [picked, to.scalar(smoothing - 1, scores!.dtype)]);
    const mean = to.emit('ReduceMean', [logs, last], { keepdims: 0 });
    return [to.emit('Sub', [own, to.emit('Mul', [mean, to.scalar(smoothing, scores!.dtype)])]), logs];
  },
  evaluate([x, classes], { smoothing }) {
    const logs = new Float64Array(x!.data.length);
    const losses = Float64Array.from(classes!.data, (index, row) => {
      const [start, end] = rowOf(x!, row);
      const values = x!.data.subarray(start, end);
      const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const total = Math.log(values.reduce((sofar, value) => sofar + Math.exp(value - largest), 0));
      for (let i = start; i < end; i++) logs[i] = x!.data[i]! - largest - total;
      const mean = logs.subarray(start, end).reduce((sofar, value) => sofar + value / (end - start), 0);
      return (smoothing - 1) * logs[start + index]! - smoothing * mean;
    });
    return [losses, logs];
  },
  samples: () => [
    { inputs: [spread([3, 4]), NdArray.from([2, 0, 3], 'int32')], attributes: { smoothing: 0 } },
    { inputs: [spread([3, 4]), NdArray.from([2, 0, 3], 'int32')], attributes: { smoothing: 0.2 } },
    { inputs: [spread([2, 2, 3], -30, 30), new NdArray('int32', [2, 2])], attributes: { smoothing: 0 } },
  ],
});

/** softmax(x) - q, q as in `classLogLoss`, from log(softmax(x)) [.., classes] and the classes [..]. */
export const classLogLossGradientPrimitive = definePrimitive<Smoothing>({
  name: 'classLogLossGradient',
  infer(inputs) {
    requireRows('classLogLossGradient', inputs);
    return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }];
  },
  gradient: ({ inputs: [logs], gradients: [g] }) => [mul(g!, exp(logs!)), undefined],
  lower(to, [logs, classes], { attributes: { smoothing }, inputs }) {
    const { dtype, shape } = inputs[0]!;
    const column = to.emit('Unsqueeze', [asIndices(to, classes!, inputs[1]!.dtype), to.integers([-1])]);
    const own = to.emit('Expand', [to.scalar(smoothing - 1, dtype), to.emit('Shape', [column])]);
    const likely = to.emit('Exp', [logs!]);
    const even = to.scalar(smoothing / (shape.at(-1) as number), dtype);
    const apart = smoothing === 0 ? likely : to.emit('Sub', [likely, even]);
    return [to.emit('ScatterElements', [apart, column, own], { axis: -1, reduction: 'add' })];
  },
  evaluate([logs, classes], { smoothing }) {
    const result = logs!.data.map(Math.exp);
    for (const [row, index] of classes!.data.entries()) {
      const [start, end] = rowOf(logs!, row);
      for (let i = start; i < end; i++) result[i]! -= smoothing / (end - start);
      result[start + index]! -= 1 - smoothing;
    }
    return [result];
  },
  samples: () => [
    {
      inputs: [spread([3, 4], -3, -1), NdArray.from([2, 0, 3], 'int32')],
      attributes: { smoothing: 0 },
    },
    {
      inputs: [spread([2, 1, 3], -3, -1), new NdArray('int32', [2, 1])],
      attributes: { smoothing: 0.3 },
    },
  ],
});

function rowOf({ shape }: ReferenceValue, row: number): [start: number, end: number] {
  const length = sizeOf(shape.slice(-1));
  return [row * length, (row + 1) * length];
}

function classLogLossGradient(logs: Tensor, classes: Tensor, smoothing: number): Tensor {
  return apply1(classLogLossGradientPrimitive, [logs, classes], { smoothing });
}

/**
 * -log(softmax(logits)) at the class of each row; or, with smoothing s, the cross entropy of a target that is spread: 1 - s of it
 * at the class, s evenly over all classes.
 * @param logits [.., classes]
 * @param classes whole numbers [..], each below the number of classes: others are an error when it runs
 * @param smoothing 0 .. 1
 * @returns [..]
 */
export function classLogLoss(logits: Tensor, classes: Tensor, smoothing = 0): Tensor {
  return apply(classLogLossPrimitive, [logits, classes], { smoothing })[0]!;
}
