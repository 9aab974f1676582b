import { NdArray } from '../graph/array.js';
import { type DType, isFloat } from '../graph/dtype.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { definePrimitive } from './define.js';

/** The same values in another dtype. Floats become integers by dropping the fraction; anything but 0 is true. */
export const castPrimitive = definePrimitive<{ to: DType }>({
  name: 'cast',
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  gradient: ({ inputs, attributes, gradients }) => [
    isFloat(inputs[0]!.dtype) && isFloat(attributes.to) ? cast(gradients[0]!, inputs[0]!.dtype) : undefined,
  ],
  lower: (to, [x], node) => [to.emit('Cast', [x!], { to: onnxDataType(node.attributes.to) })],
  evaluate: ([x], { to }) => [x!.data.map(converter(to))],
  samples: () => [
    { inputs: [NdArray.from([1.5, -2.25, 0])], attributes: { to: 'float64' } },
    { inputs: [NdArray.from([1.5, -2.25, 0])], attributes: { to: 'int32' } },
    { inputs: [NdArray.from([1.5, -2.25, 0])], attributes: { to: 'bool' } },
    { inputs: [NdArray.from([true, false], 'bool')], attributes: { to: 'float32' } },
    { inputs: [NdArray.from([[0, 255]], 'uint8')], attributes: { to: 'float32' } },
  ],
});

function converter(to: DType): (x: number) => number {
  if (to === 'bool') return (x) => (x !== 0 ? 1 : 0);
  if (to === 'float32') return Math.fround;
  if (isFloat(to)) return (x) => x;
  return Math.trunc;
}

/** `x` as another dtype; `x` itself when it already has it. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply1(castPrimitive, [x], { to });
}
