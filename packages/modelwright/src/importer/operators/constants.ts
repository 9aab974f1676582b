// What is known before the graph runs: constants, shapes, and the arithmetic of shapes.
import { NdArray, sizeOf } from '../../graph/array.js';
import type { DType } from '../../graph/dtype.js';
import { type Dimension, isStatic, shapeSize } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { onnxDtype } from '../../onnx/types.js';
import { cast, constant, mul, scalar } from '../../primitives/index.js';
import { type NodeCall, operators, requireModest } from '../nodeCall.js';
import { table } from '../openDimensions.js';
import { fromSizes, heldArray, heldDtype, knownArray, Sizes, type Value } from '../values.js';

/** The dtype that an attribute names by its number. */
export function dtypeAttribute(call: NodeCall, name: string, otherwise?: number): DType {
  const code = call.integer(name, otherwise);
  const dtype = onnxDtype(code);
  if (!dtype)
    throw new Error(`its attribute '${name}' asks for element type ${code} of ONNX, which is not supported`);
  return heldDtype(dtype);
}

function constantOf(call: NodeCall): Tensor {
  const array = call.attributeArray('value');
  if (array) return constant(heldArray(array));
  if (call.hasAttribute('value_float')) return scalar(call.float('value_float'), 'float32');
  if (call.hasAttribute('value_int')) return scalar(call.integer('value_int'), 'int64');
  const list = (name: string, dtype: DType): Tensor => {
    const values = call.floats(name);
    return constant(NdArray.of(dtype, [values.length], values));
  };
  if (call.hasAttribute('value_floats')) return list('value_floats', 'float32');
  if (call.hasAttribute('value_ints')) return list('value_ints', 'int64');
  throw new Error('its value is of a kind that is not supported');
}

function filled(call: NodeCall): Tensor {
  const shape = call.sizes(0, 'the shape');
  const given = call.attributeArray('value');
  const array = given ? heldArray(given) : NdArray.from([0]);
  if (array.size !== 1) throw new Error('its value should be one number');
  requireModest(shape, 'its output', false);
  return call.scope.dimensions.filled(array.toNumbers()[0]!, shape, array.dtype);
}

function shapeOf(call: NodeCall): Value {
  const value = call.value(0);
  const shape: readonly Dimension[] =
    value instanceof Sizes ? (value.scalar ? [] : [value.sizes.length]) : value.shape;
  const within = (position: number): number =>
    Math.min(Math.max(position < 0 ? position + shape.length : position, 0), shape.length);
  return fromSizes(
    shape.slice(within(call.integer('start', 0)), within(call.integer('end', shape.length))),
    false,
  );
}

/** 0, 1, ... up to an open size, or numbers that are known. */
function range(call: NodeCall): Tensor {
  const [start, limit, step] = [call.value(0), call.value(1), call.value(2)];
  const known = [start, limit, step].map((value) => knownArray(value));
  if (known.every((array) => array !== undefined)) {
    const [from, to, by] = known.map((array) => array.item()) as [number, number, number];
    const count = Math.max(0, Math.ceil((to - from) / by));
    requireModest([count], 'its output', false);
    return table([count], (i) => from + i * by, known[0]!.dtype);
  }
  const [from, by] = [known[0]?.item(), known[2]?.item()];
  if (
    limit instanceof Sizes &&
    typeof limit.sizes[0] === 'string' &&
    from !== undefined &&
    by === 1 &&
    from === 0
  ) {
    return cast(call.scope.dimensions.positions(limit.sizes[0]), 'int64');
  }
  throw new Error('start, limit and delta must be known before the graph runs, or be 0, an open size and 1');
}

function sizeOfInput(call: NodeCall): Value {
  const value = call.value(0);
  return fromSizes([shapeSize(value instanceof Sizes ? [value.sizes.length] : value.shape)], true);
}

function convert(call: NodeCall, to: DType): Value {
  const value = call.value(0);
  return value instanceof Sizes && to === 'int64' ? value : cast(call.tensor(0), to);
}

/** Positions of what is not zero: known numbers alone, since how many there are is a shape. */
function nonZero(call: NodeCall): Tensor {
  const array = call.array(0, 'the numbers');
  const strides = array.shape.map((_, axis) => sizeOf(array.shape.slice(axis + 1)));
  const found = array.toNumbers().flatMap((value, position) => (value !== 0 ? [position] : []));
  const places = array.shape.flatMap((size, axis) =>
    found.map((position) => Math.floor(position / strides[axis]!) % size),
  );
  return constant(NdArray.of('int64', [array.shape.length, found.length], places));
}

function eyeLike(call: NodeCall): Tensor {
  const { shape, dtype: own } = call.tensor(0);
  if (!isStatic(shape)) throw new Error(`the shape of ${call.tensor(0)} must be known`);
  requireModest(shape, 'its output', false);
  const diagonal = call.integer('k', 0);
  const dtype = call.hasAttribute('dtype') ? dtypeAttribute(call, 'dtype') : own;
  const columns = shape[1]!;
  return table(shape, (i) => Number((i % columns) - Math.floor(i / columns) === diagonal), dtype);
}

/** The upper or the lower triangle of matrices. */
function triangle(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [rows, columns] = x.shape.slice(-2);
  if (typeof rows !== 'number' || typeof columns !== 'number')
    throw new Error(`the sizes of the matrices in ${x} must be known`);
  requireModest([rows, columns], 'its mask', false);
  const diagonal = call.has(1) ? call.number(1, 'the diagonal') : 0;
  const upper = call.integer('upper', 1) !== 0;
  const keeps = (i: number): boolean => {
    const offset = (i % columns) - Math.floor(i / columns);
    return upper ? offset >= diagonal : offset <= diagonal;
  };
  const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
  return cast(
    mul(
      cast(x, dtype),
      table([rows, columns], (i) => Number(keeps(i)), dtype),
    ),
    x.dtype,
  );
}

export const constantOperators = operators({
  Cast: (call) => convert(call, dtypeAttribute(call, 'to')),
  CastLike: (call) => convert(call, call.tensor(1).dtype),
  Constant: [constantOf, 'numbers alone'],
  ConstantOfShape: filled,
  EyeLike: eyeLike,
  Identity: (call) => call.value(0),
  NonZero: [nonZero, 'of known numbers alone'],
  Range: [range, 'known numbers, or up to an open size'],
  Shape: shapeOf,
  Size: sizeOfInput,
  Trilu: triangle,
});
