import { normalizeAxis, type Shape, sameShape } from '../../graph/shape.js';
import { apply, type Tensor } from '../../graph/tensor.js';
import { batchStatistics } from '../../nn/layers/batchNorm.js';
import { drop } from '../../nn/layers/dropout.js';
import {
  abs,
  add,
  averagePool,
  div,
  equal,
  mean,
  mul,
  pow,
  reshape,
  sqrt,
  sub,
  sum,
  variance,
  where,
} from '../../primitives/index.js';
import { layerNormPrimitive } from '../../primitives/layerNorm.js';
import { type NodeCall, operators, requireKnown } from '../nodeCall.js';
import { knownArray, requireFloat, type Value } from '../values.js';

/** One value a channel, as a column that broadcasts over [batch, channels, ..space]. */
const perChannel = (values: Tensor, x: Tensor): Tensor =>
  reshape(values, [values.shape[0]!, ...x.shape.slice(2).map(() => 1)]);

/**
 * In the form for inference unless the model is in training: then with the batch's own statistics, which move the running ones
 * where the file holds those as constants. A scale that is held, not trained, holds the statistics too.
 */
function batchNormalization(call: NodeCall): Tensor | (Tensor | undefined)[] {
  const x = requireFloat(call.tensor(0), 'its input');
  const [scale, bias, centre, spread] = [call.tensor(1), call.tensor(2), call.tensor(3), call.tensor(4)];
  const epsilon = call.float('epsilon', 1e-5);
  const momentum = call.float('momentum', 0.9);
  const { context, trainsBatchNorm } = call.scope;
  const [scaleName, centreName, spreadName] = [1, 3, 4].map((position) => call.node.inputs[position]!);
  const asked = call.version >= 14 && call.integer('training_mode', 0) !== 0 && call.wants(1);
  const trains = trainsBatchNorm && context.training && !context.holds(scaleName!);
  if (!asked && !trains) {
    const factor = div(scale, sqrt(add(spread, epsilon)));
    return add(mul(x, perChannel(factor, x)), perChannel(sub(bias, mul(centre, factor)), x));
  }
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const {
    batchMean,
    centred,
    variance: own,
    drift,
  } = batchStatistics(x, axes, (values) => perChannel(values, x));
  const factor = div(scale, sqrt(add(own, epsilon)));
  const y = add(mul(centred, perChannel(factor, x)), perChannel(sub(bias, mul(drift, factor)), x));
  const moved = (running: Tensor, batch: Tensor): Tensor =>
    add(mul(running, momentum), mul(batch, 1 - momentum));
  const [newCentre, newSpread] = [moved(centre, batchMean), moved(spread, own)];
  if (context.state[centreName!]) context.updateState(centreName!, newCentre);
  if (context.state[spreadName!]) context.updateState(spreadName!, newSpread);
  return asked ? [y, newCentre, newSpread] : y;
}

const lastAxes = (x: Tensor, axis: number): number[] => x.shape.flatMap((_, a) => (a >= axis ? [a] : []));

function layerNormalization(call: NodeCall): Tensor[] {
  const [x, scale, bias] = [requireFloat(call.tensor(0), 'its input'), call.tensor(1), call.optional(2)];
  const axis = call.axis('axis', x.rank, -1);
  const epsilon = call.float('epsilon', 1e-5);
  const shape = x.shape.slice(axis);
  if (sameShape(scale.shape, shape) && (!bias || sameShape(bias.shape, shape))) {
    const zeros = bias ?? mul(scale, 0);
    return apply(layerNormPrimitive, [x, scale, zeros], { dimensions: shape.length, epsilon });
  }
  const axes = lastAxes(x, axis);
  const centre = mean(x, axes, true);
  const factor = div(1, sqrt(add(variance(x, axes, true), epsilon)));
  const y = mul(mul(sub(x, centre), factor), scale);
  return [bias ? add(y, bias) : y, centre, factor];
}

const standardised = (x: Tensor, axes: readonly number[], epsilon: number): Tensor =>
  div(sub(x, mean(x, axes, true)), sqrt(add(variance(x, axes, true), epsilon)));

function instanceNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const y = standardised(x, lastAxes(x, 2), call.float('epsilon', 1e-5));
  return add(mul(y, perChannel(call.tensor(1), x)), perChannel(call.tensor(2), x));
}

function groupNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const groups = call.integer('num_groups');
  const [channels, ...space] = requireKnown(x.shape.slice(1), 'channels and space');
  if (groups < 1 || channels! % groups !== 0)
    throw new Error(`${channels} channels do not divide into ${groups} groups`);
  const grouped: Shape = [x.shape[0]!, groups, channels! / groups, ...space];
  const wide = reshape(x, grouped);
  const y = standardised(wide, lastAxes(wide, 2), call.float('epsilon', 1e-5));
  const [scale, bias] = [call.tensor(1), call.tensor(2)];
  if (scale.shape[0] === channels)
    return add(mul(reshape(y, x.shape), perChannel(scale, x)), perChannel(bias, x));
  return reshape(add(mul(y, perChannel(scale, wide)), perChannel(bias, wide)), x.shape);
}

function rmsNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axes = lastAxes(x, call.axis('axis', x.rank, -1));
  const size = sqrt(add(mean(mul(x, x), axes, true), call.float('epsilon', 1e-5)));
  return mul(div(x, size), call.tensor(1));
}

function lpNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axis = call.axis('axis', x.rank, -1);
  const p = call.integer('p', 2);
  if (p !== 1 && p !== 2) throw new Error(`its attribute 'p' is ${p}; 1 and 2 are supported`);
  const size = p === 1 ? sum(abs(x), axis, true) : sqrt(sum(mul(x, x), axis, true));
  return div(x, where(equal(size, 0), 1, size));
}

function meanVarianceNormalization(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axes = call.floats('axes', [0, 2, 3]).map((axis) => normalizeAxis(axis, x.rank, 'axes'));
  return standardised(x, axes, 1e-9);
}

/** x / (bias + alpha times the mean square over neighbouring channels)^beta. */
function localResponse(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const size = call.integer('size');
  const [batch, channels] = x.shape;
  const flat = reshape(mul(x, x), [batch!, 1, channels!, -1]);
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const window = { kernel: [size, 1], strides: [1, 1], before: [before, 0], after: [after, 0] };
  const squares = reshape(averagePool(flat, window), x.shape);
  const divisor = add(mul(squares, call.float('alpha', 1e-4)), call.float('bias', 1));
  return div(x, pow(divisor, call.float('beta', 0.75)));
}

/** Nothing but in training; the mask that says what was kept is all true. */
function dropout(call: NodeCall): (Value | undefined)[] {
  const { context, dimensions } = call.scope;
  const x = call.tensor(0);
  const given = call.has(1) ? knownArray(call.value(1))?.item() : undefined;
  const rate = call.version < 12 ? call.float('ratio', 0.5) : (given ?? 0.5);
  if (!(rate >= 0 && rate < 1)) throw new Error(`its ratio is ${rate}; expected 0 or more and below 1`);
  if (call.has(2) && !context.training && knownArray(call.value(2))?.item() === 1 && rate > 0)
    throw new Error('training_mode is set in the file; dropout is switched on by training alone');
  if (context.training && call.wants(1))
    throw new Error('its output 1, the mask, is not supported in training');
  return [drop(context, x, rate), call.wants(1) ? dimensions.filled(1, x.shape, 'bool') : undefined];
}

export const normalizationOperators = operators({
  BatchNormalization: batchNormalization,
  Dropout: [dropout, 'drops in training alone; no mask there'],
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  LRN: localResponse,
  MeanVarianceNormalization: meanVarianceNormalization,
  RMSNormalization: rmsNormalization,
});
