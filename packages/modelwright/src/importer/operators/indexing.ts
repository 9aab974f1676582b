// Values chosen or put by their positions.
import { sizeOf } from '../../graph/array.js';
import { type Dimension, normalizeAxis, type Shape, stridesOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  cast,
  equal,
  flip,
  gather,
  greater,
  less,
  matmul,
  mul,
  reshape,
  scatterAdd,
  slice,
  sub,
  transpose,
  where,
} from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown, requireModest } from '../nodeCall.js';
import { table } from '../openDimensions.js';
import { fromSizes, knownArray, Sizes, type Value } from '../values.js';

/** Positions counted from the end made positions from the start. */
function fromStart(indices: Tensor, size: Dimension): Tensor {
  const known = knownArray(indices);
  if (known?.toNumbers().every((index) => index >= 0)) return indices;
  return typeof size === 'number' ? where(less(indices, 0), add(indices, size), indices) : indices;
}

function gathered(call: NodeCall): Value {
  const value = call.value(0);
  const known = knownArray(call.value(1));
  if (value instanceof Sizes) {
    if (!known) throw new Error('which sizes are taken must be known before the graph runs');
    const sizes = known.toNumbers().map((index) => value.sizes.at(index));
    if (sizes.includes(undefined)) throw new Error(`its indices lie outside ${value}`);
    return fromSizes(sizes as Dimension[], known.shape.length === 0);
  }
  const indices = call.tensor(1);
  const axis = call.axis('axis', value.rank, 0);
  const size = value.shape[axis]!;
  if (known?.shape.length === 0 && typeof size === 'number') {
    const index = known.item() < 0 ? known.item() + size : known.item();
    if (!(index >= 0 && index < size))
      throw new Error(`index ${known.item()} lies outside axis ${axis} of ${value}`);
    return reshape(slice(value, axis, index, index + 1), value.shape.toSpliced(axis, 1));
  }
  return gather(value, fromStart(indices, size), axis);
}

/** 0, 1, ... along one axis of a shape, times a factor. */
const along = (shape: readonly number[], axis: number, factor: number): Tensor =>
  table(
    shape.map((size, i) => (i === axis ? size : 1)),
    (i) => i * factor,
    'int64',
  );

/** Row-major positions in `shape` of elements that lie at their own place but for one axis, where `indices` say. */
function flatPositions(indices: Tensor, shape: readonly number[], axis: number): Tensor {
  const own = requireKnown(indices.shape, 'its indices');
  const strides = stridesOf(shape);
  const start = mul(fromStart(cast(indices, 'int64'), shape[axis]!), strides[axis]!);
  return own.reduce<Tensor>(
    (sofar, _, other) => (other === axis ? sofar : add(sofar, along(own, other, strides[other]!))),
    start,
  );
}

function gatherElements(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const shape = requireKnown(x.shape, 'its input');
  const axis = call.axis('axis', x.rank, 0);
  return gather(reshape(x, [-1]), flatPositions(call.tensor(1), shape, axis));
}

/** The positions that the last axis of `indices` names, as one number each, in the first axes of `shape`. */
function rowPositions(indices: Tensor, shape: readonly number[]): Tensor {
  const depth = requireKnown(indices.shape, 'its indices').at(-1)!;
  const strides = stridesOf(shape.slice(0, depth));
  const parts = Array.from({ length: depth }, (_, i) => {
    const part = reshape(slice(cast(indices, 'int64'), -1, i, i + 1), indices.shape.slice(0, -1));
    return mul(fromStart(part, shape[i]!), strides[i]!);
  });
  return parts.reduce(add);
}

function gatherND(call: NodeCall): Tensor {
  const [x, indices] = [call.tensor(0), call.tensor(1)];
  const shape = requireKnown(x.shape, 'its input');
  const batched = call.integer('batch_dims', 0);
  const own = requireKnown(indices.shape, 'its indices');
  const depth = own.at(-1)!;
  let rows = rowPositions(indices, shape.slice(batched));
  const inner = sizeOf(shape.slice(batched, batched + depth));
  for (let axis = 0; axis < batched; axis++) {
    rows = add(rows, along(own.slice(0, -1), axis, inner * sizeOf(shape.slice(axis + 1, batched))));
  }
  return gather(reshape(x, [-1, ...shape.slice(batched + depth)]), rows);
}

/** `x` with rows replaced by, or added to, updates. */
function scattered(x: Tensor, rows: Tensor, updates: Tensor, reduction: string): Tensor {
  const size = x.shape[0] as number;
  const signed = x.dtype === 'bool' ? 'int32' : x.dtype;
  const added = cast(scatterAdd(cast(updates, signed), rows, size), x.dtype);
  if (reduction === 'add') return add(x, added);
  if (reduction !== 'none')
    throw new Error(`its reduction '${reduction}' is not supported; 'none' and 'add' are`);
  const ones = table(requireKnown(rows.shape, 'its indices'), () => 1, 'float32');
  const touched = greater(scatterAdd(ones, rows, size), 0);
  return where(reshape(touched, [size, ...x.shape.slice(1).map(() => 1)]), added, x);
}

function scatterND(call: NodeCall): Tensor {
  const [x, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const shape = requireKnown(x.shape, 'its input');
  const depth = requireKnown(indices.shape, 'its indices').at(-1)!;
  const flat = reshape(x, [-1, ...shape.slice(depth)]);
  return reshape(
    scattered(flat, rowPositions(indices, shape), updates, call.text('reduction', 'none')),
    shape,
  );
}

function scatterElements(call: NodeCall): Tensor {
  const [x, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const shape = requireKnown(x.shape, 'its input');
  const rows = reshape(flatPositions(indices, shape, call.axis('axis', x.rank, 0)), [-1]);
  return reshape(
    scattered(reshape(x, [-1]), rows, reshape(updates, [-1]), call.text('reduction', 'none')),
    shape,
  );
}

function oneHot(call: NodeCall): Tensor {
  const [indices, values] = [call.tensor(0), call.tensor(2)];
  const depth = call.number(1, 'the depth');
  const axis = normalizeAxis(call.integer('axis', -1), indices.rank + 1, 'axis');
  requireModest([depth], 'its output', false);
  const places = fromStart(cast(indices, 'int64'), depth);
  const column: Shape = places.shape.toSpliced(axis, 0, 1);
  const shape = column.map((_, i) => (i === axis ? depth : 1));
  const hit = equal(
    reshape(places, column),
    table(shape, (i) => i, 'int64'),
  );
  const value = (i: number): Tensor => reshape(slice(values, 0, i, i + 1), []);
  return where(hit, value(1), value(0));
}

/** Running sums, as products with a triangle of ones. */
function cumulativeSum(call: NodeCall): Tensor {
  const given = call.tensor(0);
  const axis = normalizeAxis(call.number(1, 'the axis'), given.rank, 'axis');
  const [size] = requireKnown([given.shape[axis]!], 'the axis');
  requireModest([size!, size!], 'its triangle', false);
  const [exclusive, reverse] = [call.integer('exclusive', 0), call.integer('reverse', 0)];
  const dtype = given.dtype === 'float32' ? 'float32' : 'float64';
  const turned = reverse ? flip(cast(given, dtype), axis) : cast(given, dtype);
  const order = given.shape
    .map((_, i) => i)
    .toSpliced(axis, 1)
    .concat(axis);
  const counts = table([size!, size!], (i) => Number(Math.floor(i / size!) + exclusive <= i % size!), dtype);
  const last = transpose(turned, order);
  const sums = matmul(last.rank === 1 ? reshape(last, [1, -1]) : last, counts);
  const y = transpose(
    reshape(sums, last.shape),
    order.map((_, i) => order.indexOf(i)),
  );
  return cast(reverse ? flip(y, axis) : y, given.dtype);
}

/** The first `lengths` steps of each sequence back to front. */
function reverseSequence(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [time, batch] = [call.axis('time_axis', x.rank, 0), call.axis('batch_axis', x.rank, 1)];
  const shape = requireKnown(x.shape, 'its input');
  const lengths = cast(call.tensor(1), 'int64');
  const steps = along([shape[time]!, 1], 0, 1);
  const limits = reshape(lengths, [1, shape[batch]!]);
  const from = where(less(steps, limits), sub(sub(limits, 1), steps), steps);
  const rest = shape.map((_, i) => i).filter((i) => i !== time && i !== batch);
  const order = [time, batch, ...rest];
  const front = transpose(x, order);
  const rows = add(mul(from, shape[batch]!), along([1, shape[batch]!], 1, 1));
  const turned = gather(reshape(front, [shape[time]! * shape[batch]!, ...rest.map((i) => shape[i]!)]), rows);
  return transpose(
    turned,
    order.map((_, i) => order.indexOf(i)),
  );
}

export const indexingOperators = operators({
  CumSum: cumulativeSum,
  Gather: gathered,
  GatherElements: [gatherElements, 'sizes known'],
  GatherND: [gatherND, 'sizes known'],
  OneHot: oneHot,
  ReverseSequence: [reverseSequence, 'sizes known'],
  Scatter: [scatterElements, 'sizes known'],
  ScatterElements: [scatterElements, 'sizes known; reduction none or add'],
  ScatterND: [scatterND, 'sizes known; reduction none or add'],
});
