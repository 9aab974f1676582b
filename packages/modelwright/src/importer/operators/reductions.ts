import { isFloat } from '../../graph/dtype.js';
import { normalizeAxes } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  argMax,
  cast,
  exp,
  expandDimensions,
  flip,
  log,
  logSoftmax,
  max,
  mean,
  mul,
  neg,
  oneHot,
  reshape,
  slice,
  softmax,
  sqrt,
  sub,
  sum,
  transpose,
} from '../../primitives/index.js';
import { type Converter, operators, requireKnown } from '../nodeCall.js';

type Reduce = (x: Tensor, axes: readonly number[], keep: boolean) => Tensor;

/** Since which version the axes are an input and not an attribute. */
const reduction =
  (fn: Reduce, axesSince = 18): Converter =>
  (call) => {
    const x = call.tensor(0);
    const axes = call.attributeOrInput('axes', 1, axesSince);
    if (!axes?.length && call.integer('noop_with_empty_axes', 0) !== 0) return fn(x, [], true);
    return fn(
      x,
      normalizeAxes(axes?.length ? axes : undefined, x.rank, 'axes'),
      call.integer('keepdims', 1) !== 0,
    );
  };

/** The largest value, of booleans too. */
const largest: Reduce = (x, axes, keep) =>
  x.dtype === 'bool' ? cast(max(cast(x, 'int32'), axes, keep), 'bool') : max(x, axes, keep);

/** The smallest value. Unsigned numbers have no negatives, so they are compared as wider ones. */
const smallest: Reduce = (x, axes, keep) => {
  const signed = isFloat(x.dtype) || x.dtype === 'int32' || x.dtype === 'int64' ? x : cast(x, 'int32');
  return cast(neg(max(neg(signed), axes, keep)), x.dtype);
};

/** More factors than this along one axis are not unrolled. */
const mostFactors = 256;

const product: Reduce = (x, axes, keep) => {
  const [...shape] = requireKnown(x.shape, 'what is multiplied together');
  let y = x;
  for (const axis of axes) {
    const size = shape[axis]!;
    if (size > mostFactors)
      throw new Error(`a product over ${size} numbers is not supported (at most ${mostFactors})`);
    if (size === 0) throw new Error('a product over no numbers is not supported');
    const factors = Array.from({ length: size }, (_, i) => slice(y, axis, i, i + 1));
    y = factors.reduce(mul);
  }
  return keep
    ? y
    : reshape(
        y,
        shape.filter((_, axis) => !axes.includes(axis)),
      );
};

/** log(sum(exp(x))), without overflow. */
const logSumExp: Reduce = (x, axes, keep) => {
  const top = max(x, axes, true);
  const y = add(log(sum(exp(sub(x, top)), axes, true)), top);
  return keep
    ? y
    : reshape(
        y,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
};

const integersAsFloats =
  (fn: Reduce): Reduce =>
  (x, axes, keep) =>
    isFloat(x.dtype) ? fn(x, axes, keep) : cast(fn(cast(x, 'float64'), axes, keep), x.dtype);

/** The position of the largest value, the first or the last one at ties. */
const positionOfLargest =
  (sign: 1 | -1): Converter =>
  (call) => {
    const given = call.tensor(0);
    const signed = given.dtype.startsWith('u') ? cast(given, 'int32') : given;
    const x = sign === 1 ? signed : neg(signed);
    const axis = call.axis('axis', x.rank, 0);
    let position = argMax(x, axis);
    if (call.integer('select_last_index', 0) !== 0) {
      const [size] = requireKnown([x.shape[axis]!], 'the axis of which the last index is wanted');
      position = sub(size! - 1, argMax(flip(x, axis), axis));
    }
    const whole = cast(position, 'int64');
    return call.integer('keepdims', 1) !== 0 ? expandDimensions(whole, axis) : whole;
  };

/** Before version 13 the axes from one on count as one; since then one axis, the last unless said. */
const alongAxis =
  (fn: (x: Tensor, axis: number) => Tensor): Converter =>
  (call) => {
    const x = call.tensor(0);
    if (call.version >= 13) return fn(x, call.axis('axis', x.rank, -1));
    const axis = call.axis('axis', x.rank, 1);
    if (axis === x.rank - 1) return fn(x, axis);
    const flat = reshape(x, [...x.shape.slice(0, axis), -1]);
    return reshape(fn(flat, axis), x.shape);
  };

/** 1 at the first largest value, 0 elsewhere. */
function hardMax(x: Tensor, axis: number): Tensor {
  const [size] = requireKnown([x.shape[axis]!], 'the axis');
  const flags = cast(oneHot(argMax(x, axis), size!), x.dtype);
  const order = x.shape.map((_, i) => (i < axis ? i : i === axis ? x.rank - 1 : i - 1));
  return transpose(flags, order);
}

export const reductionOperators = operators({
  ArgMax: positionOfLargest(1),
  ArgMin: positionOfLargest(-1),
  Hardmax: alongAxis(hardMax),
  LogSoftmax: alongAxis(logSoftmax),
  ReduceL1: reduction((x, axes, keep) => sum(abs(x), axes, keep)),
  ReduceL2: reduction(integersAsFloats((x, axes, keep) => sqrt(sum(mul(x, x), axes, keep)))),
  ReduceLogSum: reduction((x, axes, keep) => log(sum(x, axes, keep))),
  ReduceLogSumExp: reduction(integersAsFloats(logSumExp)),
  ReduceMax: reduction(largest),
  ReduceMean: reduction(integersAsFloats(mean)),
  ReduceMin: reduction((x, axes, keep) =>
    x.dtype === 'bool' ? cast(smallest(cast(x, 'int32'), axes, keep), 'bool') : smallest(x, axes, keep),
  ),
  ReduceProd: [reduction(product), `at most ${mostFactors} numbers along an axis, sizes known`],
  ReduceSum: reduction(sum, 13),
  ReduceSumSquare: reduction((x, axes, keep) => sum(mul(x, x), axes, keep)),
  Softmax: alongAxis(softmax),
});
