import { formatShape, staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, div, mean, mul, reshape, sqrt, square, stopGradient, sub } from '../../primitives/index.js';
import { knownSize, requireFloats, requireWithin } from '../checks.js';
import { ones, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface BatchNormOptions {
  /** How much of the running statistics each batch replaces, as in PyTorch. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
}

const make = defineLayer<BatchNormOptions>({
  type: 'batchNorm',
  call(context, { momentum = 0.1, epsilon = 1e-5 }, x) {
    requireFloats(x!);
    if (x!.rank < 2)
      throw new TypeError(`expected [batch, channels, ..space], but got ${formatShape(x!.shape)}.`);
    const channels = knownSize(x!, 1, 'the number of channels');
    const column = [1, channels, ...x!.shape.slice(2).map(() => 1)];
    const asColumn = (perChannel: Tensor): Tensor => reshape(perChannel, column);
    const weight = context.parameter('weight', [channels], ones);
    const bias = context.parameter('bias', [channels], zeros);
    const runningMean = context.stateValue('runningMean', [channels], zeros);
    const runningVariance = context.stateValue('runningVariance', [channels], ones);
    const scaleFor = (variance: Tensor): Tensor => div(weight, sqrt(add(variance, epsilon)));
    if (!context.training) {
      const scale = scaleFor(runningVariance);
      return add(mul(x!, asColumn(scale)), asColumn(sub(bias, mul(runningMean, scale))));
    }
    const axes = x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const count = staticShape(
      axes.map((axis) => x!.shape[axis]!),
      'batchNorm in training',
    ).reduce((a, b) => a * b, 1);
    const statistics = context.twiceDifferentiable ? plainStatistics : batchStatistics;
    const { batchMean, centred, variance, drift } = statistics(x!, axes, asColumn);
    const unbiased = mul(variance, count / Math.max(1, count - 1));
    const moved = (running: Tensor, batch: Tensor): Tensor =>
      add(mul(running, 1 - momentum), mul(batch, momentum));
    context.updateState('runningMean', moved(runningMean, batchMean));
    context.updateState('runningVariance', moved(runningVariance, unbiased));
    const scale = scaleFor(variance);
    return add(mul(centred, asColumn(scale)), asColumn(sub(bias, mul(drift, scale))));
  },
  samples: () => [
    { name: 'batchNorm', config: {}, inputs: [spread([3, 2, 2, 3])] },
    {
      name: 'batchNorm training',
      config: { momentum: 0.3, epsilon: 1e-3 },
      inputs: [spread([3, 2, 2, 3])],
      training: true,
    },
    { name: 'batchNorm features', config: {}, inputs: [spread([5, 3])], training: true },
    { name: 'batchNorm one image', config: {}, inputs: [spread([1, 2, 2, 2])], training: true },
  ],
});

type Statistics = Readonly<Record<'batchMean' | 'centred' | 'variance' | 'drift', Tensor>>;

/** Mean and variance of each channel, as they are defined. */
function plainStatistics(
  x: Tensor,
  axes: readonly number[],
  asColumn: (perChannel: Tensor) => Tensor,
): Statistics {
  const batchMean = mean(x, axes);
  const centred = sub(x, asColumn(batchMean));
  return { batchMean, centred, variance: mean(square(centred), axes), drift: mul(batchMean, 0) };
}

/**
 * Mean and variance of each channel, said so that their gradients take few passes over the data. The values are centred on a
 * mean that counts as constant: the variance does not notice, since it is smallest around the mean. What the result owes to
 * the mean flows through `drift`, zero in value. Likewise 2 mean(c k) - mean(k k), where k = c counts as constant, is mean(c c)
 * in value and in gradient. Their gradients are not to be differentiated again.
 */
export function batchStatistics(
  x: Tensor,
  axes: readonly number[],
  asColumn: (perChannel: Tensor) => Tensor,
): Statistics {
  const batchMean = mean(x, axes);
  const fixedMean = stopGradient(batchMean);
  const centred = sub(x, asColumn(fixedMean));
  const squares = mean(mul(centred, stopGradient(centred)), axes);
  const variance = sub(mul(squares, 2), stopGradient(squares));
  return { batchMean, centred, variance, drift: sub(batchMean, fixedMean) };
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015): y = weight (x - mean) / sqrt(variance + epsilon) + bias, channel by channel.
 * In training the mean and the (biased) variance are the batch's own, over every axis but the channels; otherwise they are the
 * running ones, which training moves: running = (1 - momentum) running + momentum batch, the variance unbiased, as in PyTorch.
 * A batch of one value a channel gives y = bias. A gradient through it may be differentiated again within context.differentiatedTwice().
 *
 * Input [batch, channels, ..space], output the same. Parameters: weight [channels], ones; bias [channels], zeros. State:
 * runningMean [channels], zeros; runningVariance [channels], ones.
 * @throws RangeError unless 0 <= momentum <= 1 and epsilon >= 0
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  const { momentum = 0.1, epsilon = 1e-5 } = options;
  requireWithin('batchNorm', 'momentum', momentum, 0, 1 + Number.EPSILON);
  requireWithin('batchNorm', 'epsilon', epsilon, 0, Number.POSITIVE_INFINITY);
  return make(options);
}
