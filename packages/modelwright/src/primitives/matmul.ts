import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { broadcastShapes, type Dimension, formatShape, isStatic, type Shape } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { definePrimitive, requireDtype, requireSameDtype, spread } from './define.js';
import { sumTo } from './reductions.js';
import { broadcastStrides, forEachOffset, shapeOf } from './reference.js';
import { reshape, transpose } from './shaping.js';

type Transposes = { transposeA: boolean; transposeB: boolean };

const lastTwo = (shape: Shape, transposed: boolean): Shape =>
  transposed ? [shape.at(-1)!, shape.at(-2)!] : shape.slice(-2);

/** Whether A Bᵀ is better computed as (B Aᵀ)ᵀ: where rows are long, and A has many more of them than B. */
const isBetterTurned = (rowsA: Dimension, columns: Dimension, rowsB: Dimension): boolean =>
  Number(columns) >= 4096 && Number(rowsA) > 4 * Number(rowsB);

/** The matrix product over the last two axes, [.., m, k] x [.., k, n] to [.., m, n]; leading axes broadcast. */
export const matmulPrimitive = definePrimitive<Transposes>({
  name: 'matmul',
  infer(inputs, { transposeA, transposeB }) {
    const dtype = requireSameDtype('matmul', inputs);
    const [a, b] = inputs;
    requireDtype('matmul', a!, isFloat, 'floats');
    const [m, k] = lastTwo(a!.shape, transposeA);
    const [k2, n] = lastTwo(b!.shape, transposeB);
    if (a!.shape.length < 2 || b!.shape.length < 2 || k !== k2) {
      throw new TypeError(
        `matmul: ${formatShape(a!.shape)}${transposeA ? ' transposed' : ''} and ${formatShape(b!.shape)}${transposeB ? ' transposed' : ''} do not fit: the inner sizes are ${k} and ${k2}.`,
      );
    }
    return [
      { dtype, shape: [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'matmul'), m!, n!] },
    ];
  },
  gradient({ inputs: [a, b], gradients: [g], attributes: { transposeA, transposeB } }) {
    const da = transposeA ? product(b!, g!, transposeB, true) : product(g!, b!, false, !transposeB);
    const db = transposeB ? product(g!, a!, true, transposeA) : product(a!, g!, !transposeA, false);
    return [sumTo(da, a!.shape), sumTo(db, b!.shape)];
  },
  lower(to, [a, b], { inputs, attributes: { transposeA, transposeB } }) {
    // WebGPU's Gemm is slower than a MatMul and the turning of an operand.
    if (!to.webgpu && inputs.every(({ rank }) => rank === 2)) {
      if (!transposeA && !transposeB) return [to.emit('MatMul', [a!, b!])];
      const [rowsA, columns, rowsB] = [...inputs[0]!.shape, inputs[1]!.shape[0]!] as Dimension[];
      if (!transposeA && transposeB && isBetterTurned(rowsA!, columns!, rowsB!)) {
        const turned = to.emit('Gemm', [b!, a!], { transA: 0, transB: 1 });
        // With three axes, so that ONNX Runtime does not make the first form of it again.
        const three = to.emit('Unsqueeze', [turned, to.integers([0])]);
        return [to.emit('Squeeze', [to.emit('Transpose', [three], { perm: [0, 2, 1] }), to.integers([0])])];
      }
      return [to.emit('Gemm', [a!, b!], { transA: Number(transposeA), transB: Number(transposeB) })];
    }
    if ((transposeA || transposeB) && to.extensions) {
      const flags = { transA: Number(transposeA), transB: Number(transposeB) };
      return [to.emit('FusedMatMul', [a!, b!], flags, { domain: 'com.microsoft' })];
    }
    const turned = [a!, b!].map((name, position) => {
      if (!(position === 0 ? transposeA : transposeB)) return name;
      const { rank } = inputs[position]!;
      const perm = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
      return to.emit('Transpose', [name], { perm });
    });
    return [to.emit('MatMul', turned)];
  },
  evaluate([a, b], { transposeA, transposeB }, [type]) {
    const shape = shapeOf(type!);
    const [m, n] = shape.slice(-2) as [number, number];
    const k = a!.shape.at(transposeA ? -2 : -1)!;
    const batch = shape.slice(0, -2);
    const starts = [a!, b!].map((value) => {
      const matrix = sizeOf(value.shape.slice(-2));
      const offsets: number[] = [];
      const strides = broadcastStrides(value.shape.slice(0, -2), batch);
      forEachOffset(batch, strides, (_, offset) => offsets.push(offset * matrix));
      return offsets;
    });
    const [rowA, stepA] = transposeA ? [1, m] : [k, 1];
    const [stepB, columnB] = transposeB ? [1, k] : [n, 1];
    const result = new Float64Array(sizeOf(shape));
    let position = 0;
    for (let matrix = 0; matrix < starts[0]!.length; matrix++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            total +=
              a!.data[starts[0]![matrix]! + i * rowA + l * stepA]! *
              b!.data[starts[1]![matrix]! + l * stepB + j * columnB]!;
          }
          result[position++] = total;
        }
      }
    }
    return [result];
  },
  samples: () => [
    { inputs: [spread([2, 3]), spread([3, 4])], attributes: { transposeA: false, transposeB: false } },
    { inputs: [spread([3, 2]), spread([4, 3])], attributes: { transposeA: true, transposeB: true } },
    { inputs: [spread([2, 2, 3]), spread([1, 4, 3])], attributes: { transposeA: false, transposeB: true } },
    {
      inputs: [spread([2, 1, 3, 2]), spread([4, 3, 1])],
      attributes: { transposeA: true, transposeB: false },
    },
    { inputs: [spread([1, 3]), spread([3, 1])], attributes: { transposeA: false, transposeB: false } },
    {
      inputs: [new NdArray('float32', [0, 3]), spread([3, 2])],
      attributes: { transposeA: false, transposeB: false },
    },
  ],
});

/** a b, with the last two axes of either swapped first where that is said. */
export function product(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  return apply1(matmulPrimitive, [a, b], { transposeA, transposeB });
}

/**
 * The matrix product of `a` [.., m, k] and `b` [.., k, n]. A vector counts as a row on the left and a column on the right.
 * @throws TypeError when the inner sizes differ
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0)
    throw new TypeError(`matmul: ${a} and ${b}: a scalar has no matrix product; use mul.`);
  if (a.rank === 1) {
    const row = matmul(reshape(a, [1, a.shape[0]!]), b);
    return reshape(row, row.shape.toSpliced(b.rank === 1 ? 0 : -2, 1));
  }
  if (b.rank === 1) {
    const column = matmul(a, reshape(b, [b.shape[0]!, 1]));
    return reshape(column, column.shape.slice(0, -1));
  }
  if (a.rank > 2 && b.rank === 2 && isStatic(a.shape)) {
    // One large product instead of a batch of small ones, here and in the gradients.
    const flat = product(reshape(a, [-1, a.shape.at(-1)!]), b);
    return reshape(flat, [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  return product(a, b);
}

/** The matrix product of `a` and `b` with their last two axes swapped: [.., m, k] x [.., n, k]. */
export function matmulTransposed(a: Tensor, b: Tensor): Tensor {
  if (a.rank < 2 || b.rank < 2) return matmul(a, transpose(b));
  if (a.rank > 2 && b.rank === 2 && isStatic(a.shape)) {
    const flat = product(reshape(a, [-1, a.shape.at(-1)!]), b, false, true);
    return reshape(flat, [...a.shape.slice(0, -1), b.shape[0]!]);
  }
  return product(a, b, false, true);
}
