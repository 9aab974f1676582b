import { normalizeAxis } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { definePrimitive, spread } from './define.js';
import { range } from './reductions.js';

/** 0, 1, ... along an axis of `x`, whatever its length turns out to be: int32[length]. */
export const positionsPrimitive = definePrimitive<{ axis: number }>({
  name: 'positions',
  infer: ([x], { axis }) => [{ dtype: 'int32', shape: [x!.shape[axis]!] }],
  gradient: () => [undefined],
  lower(to, [x], { attributes: { axis } }) {
    const length = to.emit('Squeeze', [
      to.emit('Shape', [x!], { start: axis, end: axis + 1 }),
      to.integers([0]),
    ]);
    const numbers = to.emit('Range', [to.scalar(0, 'int64'), length, to.scalar(1, 'int64')]);
    return [to.emit('Cast', [numbers], { to: onnxDataType('int32') })];
  },
  evaluate: ([x], { axis }) => [Float64Array.from({ length: x!.shape[axis]! }, (_, position) => position)],
  samples: () => [
    { inputs: [spread([2, 3])], attributes: { axis: 1 } },
    { inputs: [spread([0, 3])], attributes: { axis: 0 } },
  ],
});

/** 0, 1, ..., length - 1 for an axis of `x`, which may be open: int32[length]. */
export function positions(x: Tensor, axis: number): Tensor {
  const position = normalizeAxis(axis, x.rank, 'positions');
  const length = x.shape[position]!;
  return typeof length === 'number' ? range(length) : apply1(positionsPrimitive, [x], { axis: position });
}
