// Normalisations over each example alone: the same in training and afterwards.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, div, layerNormalize, mean, mul, reshape, sqrt, sub } from '../../primitives/index.js';
import { knownSize, requireFloats, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import { ones, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface NormOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
  /** Whether the result is scaled by a weight and shifted by a bias. Default: true. */
  readonly affine?: boolean;
}

export interface LayerNormOptions extends NormOptions {
  /** How many axes, counted from the last, are normalised together. Default: 1. */
  readonly dimensions?: number;
}

export interface RmsNormOptions {
  /** Added to the mean square. Default: 1e-6. */
  readonly epsilon?: number;
}

/** (x - mean) / sqrt(variance + epsilon) over some axes. */
function standardize(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, mean(x, axes, true));
  const variance = mean(mul(centred, centred), axes, true);
  return mul(centred, div(1, sqrt(add(variance, epsilon))));
}

/** weight x + bias, from parameters of one shape, seen in another that broadcasts. */
function scaleAndShift(
  context: Context,
  x: Tensor,
  affine: boolean,
  shape: readonly number[],
  seenAs: readonly number[],
): Tensor {
  if (!affine) return x;
  const weight = reshape(context.parameter('weight', shape, ones), seenAs);
  return add(mul(x, weight), reshape(context.parameter('bias', shape, zeros), seenAs));
}

const lastAxes = (x: Tensor, count: number): number[] =>
  Array.from({ length: count }, (_, i) => x.rank - count + i);

function channelsOf(x: Tensor): number {
  requireFloats(x);
  if (x.rank < 3)
    throw new TypeError(`expected [batch, channels, ..space], but got ${formatShape(x.shape)}.`);
  return knownSize(x, 1, 'the number of channels');
}

const makeLayerNorm = defineLayer<LayerNormOptions>({
  type: 'layerNorm',
  call(context, { dimensions = 1, epsilon = 1e-5, affine = true }, x) {
    requireFloats(x!);
    if (dimensions >= x!.rank)
      throw new TypeError(
        `cannot normalise over ${dimensions} axes and keep the batch in ${formatShape(x!.shape)}.`,
      );
    const axes = lastAxes(x!, dimensions);
    const shape = axes.map((axis) => knownSize(x!, axis, 'the size of each normalised axis'));
    if (!affine) return standardize(x!, axes, epsilon);
    const [weight, bias] = [
      context.parameter('weight', shape, ones),
      context.parameter('bias', shape, zeros),
    ];
    return layerNormalize(x!, weight, bias, epsilon);
  },
  samples: () => [
    { name: 'layerNorm', config: {}, inputs: [spread([2, 3, 4])] },
    { name: 'layerNorm two axes', config: { dimensions: 2, epsilon: 1e-3 }, inputs: [spread([2, 3, 4])] },
    { name: 'layerNorm plain', config: { affine: false }, inputs: [spread([1, 4])] },
  ],
});

const makeRmsNorm = defineLayer<RmsNormOptions>({
  type: 'rmsNorm',
  call(context, { epsilon = 1e-6 }, x) {
    requireFloats(x!);
    const weight = context.parameter('weight', [knownSize(x!, -1, 'the number of features')], ones);
    const scale = div(1, sqrt(add(mean(mul(x!, x!), -1, true), epsilon)));
    return mul(mul(x!, scale), weight);
  },
  samples: () => [{ name: 'rmsNorm', config: {}, inputs: [spread([2, 3, 4])] }],
});

const makeGroupNorm = defineLayer<NormOptions & { readonly groups: number }>({
  type: 'groupNorm',
  call(context, { groups, epsilon = 1e-5, affine = true }, x) {
    const channels = channelsOf(x!);
    if (channels % groups !== 0)
      throw new TypeError(`${channels} channels do not divide into ${groups} groups.`);
    const grouped = reshape(x!, [x!.shape[0]!, groups, -1]);
    const y = reshape(standardize(grouped, [2], epsilon), x!.shape);
    return scaleAndShift(context, y, affine, [channels], [channels, ...x!.shape.slice(2).map(() => 1)]);
  },
  samples: () => [{ name: 'groupNorm', config: { groups: 2 }, inputs: [spread([2, 4, 2, 3])] }],
});

const makeInstanceNorm = defineLayer<NormOptions>({
  type: 'instanceNorm',
  call(context, { epsilon = 1e-5, affine = true }, x) {
    const channels = channelsOf(x!);
    const y = standardize(x!, lastAxes(x!, x!.rank - 2), epsilon);
    return scaleAndShift(context, y, affine, [channels], [channels, ...x!.shape.slice(2).map(() => 1)]);
  },
  samples: () => [{ name: 'instanceNorm', config: {}, inputs: [spread([2, 3, 2, 3])] }],
});

/**
 * Layer normalisation (Ba et al., 2016): y = weight (x - mean) / sqrt(variance + epsilon) + bias over the last axes.
 *
 * Input [batch, .., features], output the same. Parameters: weight and bias of the shape of the normalised axes, ones and zeros.
 * @throws RangeError unless dimensions is a whole number of at least 1
 */
export function layerNorm(options: LayerNormOptions = {}): Layer {
  requireWhole('layerNorm', 'dimensions', options.dimensions ?? 1);
  checkEpsilon('layerNorm', options);
  return makeLayerNorm(options);
}

/**
 * Root mean square normalisation (Zhang and Sennrich, 2019): y = weight x / sqrt(mean(x²) + epsilon) over the last axis.
 *
 * Input [batch, .., features], output the same. Parameters: weight [features], ones.
 */
export function rmsNorm(options: RmsNormOptions = {}): Layer {
  checkEpsilon('rmsNorm', options);
  return makeRmsNorm(options);
}

/**
 * Group normalisation (Wu and He, 2018): each example's channels in groups, each group normalised over its channels and space.
 *
 * Input [batch, channels, ..space], output the same. Parameters: weight [channels], ones; bias [channels], zeros.
 * @param groups a divisor of the number of channels
 */
export function groupNorm(groups: number, options: NormOptions = {}): Layer {
  requireWhole('groupNorm', 'groups', groups);
  checkEpsilon('groupNorm', options);
  return makeGroupNorm({ groups, ...options });
}

/**
 * Instance normalisation (Ulyanov et al., 2016): each example's channels normalised over space, each alone.
 *
 * Input [batch, channels, ..space], output the same. Parameters: weight [channels], ones; bias [channels], zeros.
 */
export function instanceNorm(options: NormOptions = {}): Layer {
  checkEpsilon('instanceNorm', options);
  return makeInstanceNorm(options);
}

function checkEpsilon(who: string, { epsilon }: { readonly epsilon?: number }): void {
  if (epsilon !== undefined) requireWithin(who, 'epsilon', epsilon, 0, Number.POSITIVE_INFINITY);
}
