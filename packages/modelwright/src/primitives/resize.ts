import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { stridesOf } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { cast } from './cast.js';
import { constant } from './constant.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { matmul } from './matmul.js';
import { forEachOffset, shapeOf } from './reference.js';
import { transpose } from './shaping.js';

/**
 * Images [batch, channels, height, width] at another height and width: linear interpolation between pixel centres, and when
 * shrinking a triangle filter as wide as the scale, so that fine patterns do not alias. The size of the input may be open.
 */
export const resizePrimitive = definePrimitive<{ size: readonly number[] }>({
  name: 'resize',
  infer([x], { size }) {
    requireDtype('resize', x!, isFloat, 'floats');
    if (x!.shape.length !== 4)
      throw new TypeError(
        `resize: expected [batch, channels, height, width], but got ${x!.shape.length} dimensions.`,
      );
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...size] }];
  },
  gradient({ inputs: [x], gradients: [g], attributes: { size } }) {
    const [, , height, width] = x!.shape as number[];
    const weights = (from: number, to: number): Tensor =>
      cast(constant(interpolationWeights(from, to)), x!.dtype);
    const rows = matmul(transpose(weights(height!, size[0]!)), g!);
    return [matmul(rows, weights(width!, size[1]!))];
  },
  lower(to, [x], { inputs: [tensor], attributes: { size } }) {
    const axes = tensor!.shape[2] === size[0] && tensor!.shape[3] === size[1] ? [] : [2, 3];
    if (axes.length === 0) return [x!];
    return [
      to.emit('Resize', [x!, '', '', to.integers(size)], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
        antialias: 1,
        exclude_outside: 1,
        axes,
      }),
    ];
  },
  evaluate([x], _attributes, [type]) {
    const shape = shapeOf(type!);
    const [rows, columns] = [2, 3].map((axis) => interpolationWeights(x!.shape[axis]!, shape[axis]!).data);
    const [height, width] = x!.shape.slice(2) as [number, number];
    const result = new Float64Array(sizeOf(shape));
    const strides = stridesOf(shape);
    forEachOffset(
      shape,
      shape.map(() => 0),
      (position) => {
        const i = Math.floor(position / strides[2]!) % shape[2]!;
        const j = position % shape[3]!;
        const image = Math.floor(position / strides[1]!) * height * width;
        let total = 0;
        for (let a = 0; a < height; a++) {
          const weight = rows![i * height + a]!;
          if (weight === 0) continue;
          for (let b = 0; b < width; b++)
            total += weight * columns![j * width + b]! * x!.data[image + a * width + b]!;
        }
        result[position] = total;
      },
    );
    return [result];
  },
  samples: () => [
    { inputs: [spread([1, 2, 4, 6])], attributes: { size: [8, 9] } },
    { inputs: [spread([2, 1, 7, 5])], attributes: { size: [3, 2] } },
    { inputs: [spread([1, 1, 3, 3])], attributes: { size: [3, 3] } },
  ],
});

/** The matrix [to, from] that resamples a line of pixels, `scale` of them to one. Each row sums to 1. */
export function interpolationWeights(from: number, to: number, scale = from / to): NdArray<'float64'> {
  const weights = new NdArray('float64', [to, from]);
  const support = Math.max(scale, 1);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    let total = 0;
    const row = weights.data.subarray(i * from, (i + 1) * from);
    for (let j = 0; j < from; j++) {
      row[j] = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / support);
      total += row[j]!;
    }
    for (let j = 0; j < from; j++) row[j]! /= total;
  }
  return weights;
}

/** Images [batch, channels, height, width] resampled to `size` = [height, width]. */
export function resize(x: Tensor, size: readonly [number, number]): Tensor {
  return apply1(resizePrimitive, [x], { size });
}
