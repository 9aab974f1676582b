// Values picked by position.
import { NdArray, sizeOf } from '../graph/array.js';
import { type DType, isInteger } from '../graph/dtype.js';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../graph/shape.js';
import { apply1, type Lowering, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { equal } from './arithmetic.js';
import { cast } from './cast.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { range } from './reductions.js';
import { shapeOf } from './reference.js';
import { reshape, transpose } from './shaping.js';

/** Rows of `x` along an axis, chosen by whole-number indices of any shape: the axis gives way to the shape of the indices. */
export const gatherPrimitive = definePrimitive<{ axis: number }>({
  name: 'gather',
  infer([x, indices], { axis }) {
    requireDtype('gather', indices!, isInteger, 'integer indices');
    return [{ dtype: x!.dtype, shape: x!.shape.toSpliced(axis, 1, ...indices!.shape) }];
  },
  gradient({ inputs: [x, indices], gradients: [g], attributes: { axis } }) {
    const front = Array.from({ length: indices!.rank }, (_, i) => axis + i);
    const rest = Array.from({ length: g!.rank }, (_, i) => i).filter((i) => !front.includes(i));
    const updates = transpose(g!, [...front, ...rest]);
    const size = x!.shape[axis] as number;
    const scattered = scatterAdd(updates, indices!, size);
    const order = Array.from({ length: x!.rank }, (_, i) => (i < axis ? i + 1 : i === axis ? 0 : i));
    return [transpose(scattered, order), undefined];
  },
  lower: (to, inputs, { attributes: { axis } }) => [to.emit('Gather', inputs, { axis })],
  evaluate([x, indices], { axis }, [type]) {
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const outer = sizeOf(x!.shape.slice(0, axis));
    const length = x!.shape[axis]!;
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    let position = 0;
    for (let o = 0; o < outer; o++) {
      for (const index of indices!.data) {
        const row = (o * length + (index < 0 ? index + length : index)) * inner;
        result.set(x!.data.subarray(row, row + inner), position);
        position += inner;
      }
    }
    return [result];
  },
  samples: () => [
    { inputs: [spread([4, 3]), NdArray.from([0, 2, 2], 'int32')], attributes: { axis: 0 } },
    {
      inputs: [
        spread([2, 4, 2]),
        NdArray.from(
          [
            [3, 0],
            [1, 1],
          ],
          'int32',
        ),
      ],
      attributes: { axis: 1 },
    },
    { inputs: [spread([4]), NdArray.from(2, 'int32')], attributes: { axis: 0 } },
    { inputs: [spread([4, 2]), new NdArray('int32', [0])], attributes: { axis: 0 } },
  ],
});

/** Whole numbers as ONNX takes positions: int32 or int64, as they come where they are one of these. */
export function asIndices(to: Lowering, indices: string, dtype: DType): string {
  return dtype === 'int32' || dtype === 'int64'
    ? indices
    : to.emit('Cast', [indices], { to: onnxDataType('int64') });
}

/** Rows of `updates` added up at their indices in a tensor of zeros with `size` rows: the transpose of `gather`. */
export const scatterAddPrimitive = definePrimitive<{ size: number }>({
  name: 'scatterAdd',
  infer([updates, indices], { size }) {
    requireDtype('scatterAdd', indices!, isInteger, 'integer indices');
    const rank = indices!.shape.length;
    if (!sameShape(updates!.shape.slice(0, rank), indices!.shape)) {
      throw new TypeError(
        `scatterAdd: updates ${formatShape(updates!.shape)} must begin with the shape of the indices, ${formatShape(indices!.shape)}.`,
      );
    }
    return [{ dtype: updates!.dtype, shape: [size, ...updates!.shape.slice(rank)] }];
  },
  gradient: ({ inputs: [, indices], gradients: [g] }) => [gather(g!, indices!, 0), undefined],
  lower(to, [updates, indices], { inputs, outputs }) {
    // Not ScatterND: ONNX Runtime's adds on several threads at once, and loses what two of them add to the same row.
    const shape = outputs[0]!.shape as readonly number[];
    const [count, width] = [sizeOf(inputs[1]!.shape.map(Number)), sizeOf(shape.slice(1))];
    const zeros = to.emit('Expand', [to.scalar(0, inputs[0]!.dtype), to.integers([shape[0]!, width])]);
    const rows = to.emit('Reshape', [asIndices(to, indices!, inputs[1]!.dtype), to.integers([count, 1])]);
    const each = to.emit('Expand', [rows, to.integers([count, width])]);
    const flat = to.emit('Reshape', [updates!, to.integers([count, width])]);
    const sums = to.emit('ScatterElements', [zeros, each, flat], { axis: 0, reduction: 'add' });
    return [to.emit('Reshape', [sums, to.integers(shape)])];
  },
  evaluate([updates, indices], _attributes, [type]) {
    const shape = shapeOf(type!);
    const inner = sizeOf(shape.slice(1));
    const result = new Float64Array(sizeOf(shape));
    for (const [row, index] of indices!.data.entries()) {
      for (let i = 0; i < inner; i++) result[index * inner + i]! += updates!.data[row * inner + i]!;
    }
    return [result];
  },
  samples: () => [
    { inputs: [spread([3, 2]), NdArray.from([1, 1, 3], 'int32')], attributes: { size: 4 } },
    {
      inputs: [
        spread([2, 2]),
        NdArray.from(
          [
            [0, 1],
            [1, 2],
          ],
          'int32',
        ),
      ],
      attributes: { size: 3 },
    },
  ],
});

/** Rows of `x` along `axis` at the given whole-number indices. An index outside the axis is an error when it runs. */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply1(gatherPrimitive, [x, indices], { axis: normalizeAxis(axis, x.rank, 'gather') });
}

/** `updates` [..indices, ..row] added up at their indices into [size, ..row]. */
export function scatterAdd(updates: Tensor, indices: Tensor, size: number): Tensor {
  return apply1(scatterAddPrimitive, [updates, indices], { size });
}

/** 1 at each index and 0 elsewhere: indices [..] to [.., size], as floats. */
export function oneHot(indices: Tensor, size: number, dtype: 'float32' | 'float64' = 'float32'): Tensor {
  const column: Shape = [...indices.shape, 1];
  return cast(equal(cast(reshape(indices, column), 'int32'), range(size)), dtype);
}
