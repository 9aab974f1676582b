import { NdArray } from '../graph/array.js';
import { broadcastShapes } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { constant, scalarLike } from './constant.js';
import { definePrimitive, requireSameDtype, sample, spread } from './define.js';
import { sumTo } from './reductions.js';
import { broadcastTo, shapeOf } from './reference.js';

/** `a` where the condition holds, `b` elsewhere, with broadcasting. */
export const wherePrimitive = definePrimitive<Record<string, never>>({
  name: 'where',
  infer([condition, a, b]) {
    if (condition!.dtype !== 'bool')
      throw new TypeError(`where: the condition must be bool, but it is ${condition!.dtype}.`);
    const dtype = requireSameDtype('where', [a!, b!]);
    return [
      {
        dtype,
        shape: broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape, 'where'), 'where'),
      },
    ];
  },
  gradient({ inputs: [condition, a, b], gradients: [g] }) {
    const zero = scalarLike(g!, 0);
    return [
      undefined,
      sumTo(where(condition!, g!, zero), a!.shape),
      sumTo(where(condition!, zero, g!), b!.shape),
    ];
  },
  lower: (to, inputs) => [to.emit('Where', inputs)],
  evaluate([condition, a, b], _attributes, [type]) {
    const shape = shapeOf(type!);
    const [chosen, left, right] = [
      broadcastTo(condition!, shape),
      broadcastTo(a!, shape),
      broadcastTo(b!, shape),
    ];
    return [left.map((value, position) => (chosen[position] ? value : right[position]!))];
  },
  samples: () => [
    sample(NdArray.from([[true, false, true]], 'bool'), spread([2, 3]), spread([3], 0, 1)),
    sample(NdArray.from([[true], [false]], 'bool'), spread([2, 3]), NdArray.from(0)),
  ],
});

export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const like = typeof a === 'number' ? b : a;
  const dtypeOf = typeof like === 'number' ? undefined : like;
  const lift = (value: Tensor | number): Tensor =>
    typeof value !== 'number' ? value : dtypeOf ? scalarLike(dtypeOf, value) : constant(value);
  return apply1(wherePrimitive, [condition, lift(a), lift(b)], {});
}
