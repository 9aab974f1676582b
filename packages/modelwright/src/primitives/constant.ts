import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { definePrimitive } from './define.js';

/** A value known while tracing. */
export const constantPrimitive = definePrimitive<{ value: NdArray }>({
  name: 'constant',
  infer: (_inputs, { value }) => [{ dtype: value.dtype, shape: value.shape }],
  gradient: () => [],
  lower: (to, _inputs, node) => [to.constant(node.attributes.value)],
  evaluate: (_inputs, { value }) => [Float64Array.from(value.data as ArrayLike<number | bigint>, Number)],
  samples: () => [
    {
      inputs: [],
      attributes: {
        value: NdArray.from([
          [1, 2],
          [3, 4],
        ]),
      },
    },
  ],
});

/** A tensor that holds a known array, or a number as a float32 scalar. */
export function constant(value: NdArray | number): Tensor {
  return apply1(constantPrimitive, [], { value: typeof value === 'number' ? NdArray.from(value) : value });
}

/** A number as a scalar of the given dtype. */
export function scalar(value: number, dtype: DType): Tensor {
  return constant(NdArray.of(dtype, [], [value]));
}

/** A number as a scalar of the dtype of `like`. */
export function scalarLike(like: Tensor, value: number): Tensor {
  return scalar(value, like.dtype);
}
