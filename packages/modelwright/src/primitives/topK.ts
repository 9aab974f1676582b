import { NdArray } from '../graph/array.js';
import { isFloat, isInteger } from '../graph/dtype.js';
import { formatShape, staticShape } from '../graph/shape.js';
import { apply, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { add, mul } from './arithmetic.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { scatterAdd } from './indexing.js';
import { range } from './reductions.js';
import { reshape } from './shaping.js';

/** The k largest values along the last axis, the largest first, and where they stand as int32; of equal ones the first. */
export const topKPrimitive = definePrimitive<{ k: number }>({
  name: 'topK',
  infer([x], { k }) {
    requireDtype('topK', x!, (dtype) => isFloat(dtype) || isInteger(dtype), 'numbers');
    const length = x!.shape.at(-1);
    if (typeof length !== 'number' || !Number.isInteger(k) || k < 1 || k > length) {
      throw new TypeError(
        `topK: cannot take the ${k} largest of the last axis of ${formatShape(x!.shape)}; expected 1 to its length.`,
      );
    }
    const shape = x!.shape.with(-1, k);
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  gradient({ inputs: [x], outputs: [, indices], gradients: [g], attributes: { k } }) {
    if (!g) return [undefined];
    const sizes = staticShape(x!.shape, 'topK');
    const length = sizes.at(-1)!;
    const rows = sizes.slice(0, -1).reduce((a, b) => a * b, 1);
    const places = add(reshape(indices!, [rows, k]), reshape(mul(range(rows), length), [rows, 1]));
    const flat = [rows * k];
    return [reshape(scatterAdd(reshape(g, flat), reshape(places, flat), rows * length), x!.shape)];
  },
  lower(to, [x], { attributes: { k } }) {
    const [values, indices] = to.emitMany('TopK', [x!, to.integers([k])], 2, { axis: -1 });
    return [values!, to.emit('Cast', [indices!], { to: onnxDataType('int32') })];
  },
  evaluate([x], { k }) {
    const length = x!.shape.at(-1)!;
    const rows = x!.data.length / length;
    const [values, indices] = [new Float64Array(rows * k), new Float64Array(rows * k)];
    for (let row = 0; row < rows; row++) {
      const line = x!.data.subarray(row * length, (row + 1) * length);
      const order = Array.from(line.keys()).sort((a, b) => line[b]! - line[a]! || a - b);
      for (let i = 0; i < k; i++) {
        indices[row * k + i] = order[i]!;
        values[row * k + i] = line[order[i]!]!;
      }
    }
    return [values, indices];
  },
  samples: () => [
    { inputs: [spread([2, 3, 5])], attributes: { k: 2 } },
    { inputs: [spread([4])], attributes: { k: 4 } },
    {
      inputs: [
        NdArray.from([
          [1, 3, 3, 0],
          [2, 2, 2, 2],
        ]),
      ],
      attributes: { k: 3 },
      noGradient: 'a jump at the tie',
    },
    { inputs: [NdArray.from([[5, -1, 7]], 'int32')], attributes: { k: 1 } },
  ],
});

/** The `k` largest values along the last axis, the largest first, and their positions int32, both [.., k]; of equal values the first. */
export function topK(x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = apply(topKPrimitive, [x], { k });
  return { values: values!, indices: indices! };
}
