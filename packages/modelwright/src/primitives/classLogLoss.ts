// The cross entropy of logits with one class for each row, for large numbers of classes: no row of zeros and ones is ever made.
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { apply, apply1, type ReferenceValue, type Tensor, type TensorType } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { add, mul, sub } from './arithmetic.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { exp } from './elementwise.js';
import { sum } from './reductions.js';
import { expandDimensions } from './shaping.js';

type None = Record<string, never>;

function requireRows(who: string, [scores, classes]: readonly TensorType[]): void {
  requireDtype(who, scores!, isFloat, 'floats');
  requireDtype(who, classes!, isInteger, 'whole-number classes');
  if (scores!.shape.length === 0 || !sameShape(scores!.shape.slice(0, -1), classes!.shape)) {
    throw new TypeError(
      `${who}: expected a class for each row of ${formatShape(scores!.shape)}, but the classes are ${formatShape(classes!.shape)}.`,
    );
  }
}

/** log(softmax(x)) over the last axis of logits [.., classes], and beside it its negative at the class [..] of each row. */
export const classLogLossPrimitive = definePrimitive<None>({
  name: 'classLogLoss',
  infer(inputs) {
    requireRows('classLogLoss', inputs);
    const [{ dtype, shape }] = inputs as [TensorType, TensorType];
    return [
      { dtype, shape: shape.slice(0, -1) },
      { dtype, shape },
    ];
  },
  gradient({ inputs: [, classes], outputs: [, logs], gradients: [g, gLogs] }) {
    const own = g && mul(classLogLossGradient(logs!, classes!), expandDimensions(g, -1));
    const rest = gLogs && sub(gLogs, mul(exp(logs!), sum(gLogs, -1, true)));
    return [own && rest ? add(own, rest) : (own ?? rest), undefined];
  },
  lower(to, [x, classes]) {
    const logs = to.emit('LogSoftmax', [x!], { axis: -1 });
    const column = to.emit('Unsqueeze', [classes!, to.integers([-1])]);
    const picked = to.emit('GatherElements', [logs, column], { axis: -1 });
    return [to.emit('Neg', [to.emit('Squeeze', [picked, to.integers([-1])])]), logs];
  },
  evaluate([x, classes]) {
    const logs = new Float64Array(x!.data.length);
    const losses = Float64Array.from(classes!.data, (index, row) => {
      const [start, end] = rowOf(x!, row);
      const values = x!.data.subarray(start, end);
      const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const total = Math.log(values.reduce((sofar, value) => sofar + Math.exp(value - largest), 0));
      for (let i = start; i < end; i++) logs[i] = x!.data[i]! - largest - total;
      return -logs[start + index]!;
    });
    return [losses, logs];
  },
  samples: () => [
    { inputs: [spread([3, 4]), NdArray.from([2, 0, 3], 'int32')], attributes: {} },
    { inputs: [spread([2, 2, 3], -30, 30), new NdArray('int32', [2, 2])], attributes: {} },
  ],
});

/** softmax(x) - 1 at the class of the row, from log(softmax(x)) [.., classes] and the classes [..]. */
export const classLogLossGradientPrimitive = definePrimitive<None>({
  name: 'classLogLossGradient',
  infer(inputs) {
    requireRows('classLogLossGradient', inputs);
    return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }];
  },
  gradient: ({ inputs: [logs], gradients: [g] }) => [mul(g!, exp(logs!)), undefined],
  lower(to, [logs, classes], { inputs }) {
    const column = to.emit('Unsqueeze', [
      to.emit('Cast', [classes!], { to: onnxDataType('int64') }),
      to.integers([-1]),
    ]);
    const ones = to.emit('Expand', [to.scalar(-1, inputs[0]!.dtype), to.emit('Shape', [column])]);
    return [
      to.emit('ScatterElements', [to.emit('Exp', [logs!]), column, ones], { axis: -1, reduction: 'add' }),
    ];
  },
  evaluate([logs, classes]) {
    const result = logs!.data.map(Math.exp);
    for (const [row, index] of classes!.data.entries()) result[rowOf(logs!, row)[0] + index]! -= 1;
    return [result];
  },
  samples: () => [
    { inputs: [spread([3, 4], -3, -1), NdArray.from([2, 0, 3], 'int32')], attributes: {} },
    { inputs: [spread([2, 1, 3], -3, -1), new NdArray('int32', [2, 1])], attributes: {} },
  ],
});

function rowOf({ shape }: ReferenceValue, row: number): [start: number, end: number] {
  const length = sizeOf(shape.slice(-1));
  return [row * length, (row + 1) * length];
}

function classLogLossGradient(logs: Tensor, classes: Tensor): Tensor {
  return apply1(classLogLossGradientPrimitive, [logs, classes], {});
}

/**
 * -log(softmax(logits)) at the class of each row.
 * @param logits [.., classes]
 * @param classes whole numbers [..], each below the number of classes: others are an error when it runs
 * @returns [..]
 */
export function classLogLoss(logits: Tensor, classes: Tensor): Tensor {
  return apply(classLogLossPrimitive, [logits, classes], {})[0]!;
}
