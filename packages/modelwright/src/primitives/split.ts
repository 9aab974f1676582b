import { formatShape, normalizeAxis } from '../graph/shape.js';
import { apply, type Tensor } from '../graph/tensor.js';
import { scalarLike } from './constant.js';
import { definePrimitive, spread } from './define.js';
import { broadcastTo, concat, slicePrimitive } from './shaping.js';

type Split = { axis: number; sizes: readonly number[] };

/** Consecutive parts along an axis: the opposite of `concat`, and its gradient. */
export const splitPrimitive = definePrimitive<Split>({
  name: 'split',
  infer([x], { axis, sizes }) {
    if (sizes.reduce((a, b) => a + b, 0) !== x!.shape[axis]) {
      throw new TypeError(
        `split: parts of ${formatShape(sizes)} do not make up axis ${axis} of ${formatShape(x!.shape)}.`,
      );
    }
    return sizes.map((size) => ({ dtype: x!.dtype, shape: x!.shape.with(axis, size) }));
  },
  gradient({ outputs, gradients, attributes: { axis } }) {
    const parts = outputs.map((y, i) => gradients[i] ?? broadcastTo(scalarLike(y, 0), y.shape));
    return [concat(parts, axis)];
  },
  lower: (to, [x], { attributes: { axis, sizes } }) =>
    to.emitMany('Split', [x!, to.integers(sizes)], sizes.length, { axis }),
  evaluate([x], { axis, sizes }, types) {
    let end = 0;
    return sizes.map((size, i) => {
      const start = end;
      end += size;
      const part = { axes: [axis], starts: [start], ends: [end], steps: [1] };
      return slicePrimitive.evaluate([x!], part, [types[i]!])[0]!;
    });
  },
  samples: () => [
    { inputs: [spread([2, 6])], attributes: { axis: 1, sizes: [1, 3, 2] } },
    { inputs: [spread([4, 1, 2])], attributes: { axis: 0, sizes: [2, 2] } },
  ],
});

/**
 * `x` cut into consecutive parts of these sizes along `axis`.
 * @throws TypeError when the sizes do not add up to that of the axis
 */
export function split(x: Tensor, sizes: readonly number[], axis = 0): Tensor[] {
  return apply(splitPrimitive, [x], { axis: normalizeAxis(axis, x.rank, 'split'), sizes });
}
