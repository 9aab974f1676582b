import { sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { normalizeAxis } from '../graph/shape.js';
import { apply1, type Primitive, type ReferenceValue, type Tensor } from '../graph/tensor.js';
import { mul, sub } from './arithmetic.js';
import { definePrimitive, requireDtype, spread } from './define.js';
import { exp } from './elementwise.js';
import { sum } from './reductions.js';

type Axis = { axis: number };

const samples = (): { inputs: ReturnType<typeof spread>[]; attributes: Axis }[] => [
  { inputs: [spread([2, 3])], attributes: { axis: 1 } },
  { inputs: [spread([2, 3, 2])], attributes: { axis: 1 } },
  { inputs: [spread([2, 1], -40, 40)], attributes: { axis: 0 } },
];

function alongAxis(
  name: string,
  operator: string,
  rule: Primitive<Axis>['gradient'],
  row: (x: Float64Array) => Float64Array,
) {
  return definePrimitive<Axis>({
    name,
    infer([x]) {
      requireDtype(name, x!, isFloat, 'floats');
      return [{ dtype: x!.dtype, shape: x!.shape }];
    },
    gradient: rule,
    lower: (to, inputs, { attributes: { axis } }) => [to.emit(operator, inputs, { axis })],
    evaluate: ([x], { axis }) => [mapRows(x!, axis, row)],
    samples,
  });
}

/** exp(x) / sum(exp(x)) along an axis, without overflow. */
export const softmaxPrimitive = alongAxis(
  'softmax',
  'Softmax',
  ({ outputs: [y], gradients: [g], attributes: { axis } }) => {
    const weighted = mul(g!, y!);
    return [sub(weighted, mul(y!, sum(weighted, axis, true)))];
  },
  (x) => logSoftmaxRow(x).map(Math.exp),
);

/** log(softmax(x)) along an axis, without overflow. */
export const logSoftmaxPrimitive = alongAxis(
  'logSoftmax',
  'LogSoftmax',
  ({ outputs: [y], gradients: [g], attributes: { axis } }) => [sub(g!, mul(exp(y!), sum(g!, axis, true)))],
  logSoftmaxRow,
);

function logSoftmaxRow(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = x.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return x.map((value) => value - largest - Math.log(total));
}

function mapRows(
  { shape, data }: ReferenceValue,
  axis: number,
  row: (x: Float64Array) => Float64Array,
): Float64Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const length = shape[axis]!;
  const result = new Float64Array(data.length);
  for (let line = 0; line < data.length / length; line++) {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    const values = row(Float64Array.from({ length }, (_, k) => data[start + k * inner]!));
    for (const [k, value] of values.entries()) result[start + k * inner] = value;
  }
  return result;
}

/** exp(x) / sum(exp(x)) along `axis`. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply1(softmaxPrimitive, [x], { axis: normalizeAxis(axis, x.rank, 'softmax') });
}

/** The logarithm of softmax along `axis`. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply1(logSoftmaxPrimitive, [x], { axis: normalizeAxis(axis, x.rank, 'logSoftmax') });
}
