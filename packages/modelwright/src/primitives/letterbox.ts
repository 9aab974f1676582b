import { sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { formatShape } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { shapeOf } from './reference.js';
import { interpolationWeights } from './resize.js';

/** Images scaled evenly until they fit a size, with a border of one value at the right or below. For inputs: it has no gradient. */
export const letterboxPrimitive = definePrimitive<{ size: readonly number[]; fill: number }>({
  name: 'letterbox',
  infer([x], { size }) {
    requireDtype('letterbox', x!, isFloat, 'floats');
    if (x!.shape.length !== 4) {
      throw new TypeError(
        `letterbox: expected [batch, channels, height, width], but got ${formatShape(x!.shape)}.`,
      );
    }
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...size] }];
  },
  gradient: () => [undefined],
  lower(to, [x], { inputs: [tensor], attributes: { size, fill } }) {
    if (tensor!.shape[2] === size[0] && tensor!.shape[3] === size[1]) return [x!];
    const resized = to.emit('Resize', [x!, '', '', to.integers(size)], {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
      keep_aspect_ratio_policy: 'not_larger',
      antialias: 1,
      exclude_outside: 1,
      axes: [2, 3],
    });
    const missing = to.emit('Sub', [to.integers(size), to.emit('Shape', [resized], { start: 2, end: 4 })]);
    const pads = to.emit('Concat', [to.integers([0, 0, 0, 0, 0, 0]), missing], { axis: 0 });
    return [to.emit('Pad', [resized, pads, to.scalar(fill, tensor!.dtype)])];
  },
  evaluate([x], { fill }, [type]) {
    const [images, channels, height, width] = shapeOf(type!) as [number, number, number, number];
    const [fromHeight, fromWidth] = x!.shape.slice(2) as [number, number];
    const scale = Math.min(height / fromHeight, width / fromWidth);
    const [rows, columns] = [Math.round(fromHeight * scale), Math.round(fromWidth * scale)];
    const down = interpolationWeights(fromHeight, rows, 1 / scale).data;
    const across = interpolationWeights(fromWidth, columns, 1 / scale).data;
    const result = new Float64Array(sizeOf([images, channels, height, width])).fill(fill);
    for (let plane = 0; plane < images * channels; plane++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let total = 0;
          for (let a = 0; a < fromHeight; a++) {
            const weight = down[i * fromHeight + a]!;
            if (weight === 0) continue;
            for (let b = 0; b < fromWidth; b++) {
              total +=
                weight * across[j * fromWidth + b]! * x!.data[(plane * fromHeight + a) * fromWidth + b]!;
            }
          }
          result[(plane * height + i) * width + j] = total;
        }
      }
    }
    return [result];
  },
  samples: () => {
    const noGradient = 'it is for inputs';
    return [
      { inputs: [spread([1, 2, 8, 6])], attributes: { size: [4, 5], fill: 0.5 }, noGradient },
      { inputs: [spread([2, 1, 3, 7])], attributes: { size: [4, 5], fill: -1 }, noGradient },
      { inputs: [spread([1, 1, 2, 3])], attributes: { size: [6, 6], fill: 0 }, noGradient },
      { inputs: [spread([1, 1, 3, 3])], attributes: { size: [3, 3], fill: 0 }, noGradient },
    ];
  },
});

/**
 * Images [batch, channels, height, width] of any size as [batch, channels, ..size]: scaled by one factor for both axes, the
 * largest with which they fit, and filled up at the right or below.
 */
export function letterbox(x: Tensor, size: readonly [number, number], fill = 0): Tensor {
  return apply1(letterboxPrimitive, [x], { size, fill });
}
