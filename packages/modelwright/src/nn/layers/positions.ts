// Where each vector of a sequence stands.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, cast, gather, positions, slice } from '../../primitives/index.js';
import { rotate, sinusoids } from '../attention.js';
import { knownSize, requireFloats, requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { type InitializerConfig, initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

/** Where the vectors along an axis stand: from 0 on, or from where decoding has come to. int32[time]. */
export function positionsOf(context: Context, x: Tensor, axis: number): Tensor {
  return context.decoding?.positions ?? positions(x, axis);
}

/** A trained vector for each of `length` positions: [time, width] for the time axis of `x`. */
export function learnedVectors(
  context: Context,
  x: Tensor,
  { length, width, start = 'normal' }: { length: number; width: number; start?: InitializerConfig },
): Tensor {
  const weight = context.parameter('weight', [length, width], initializer(start));
  const time = x.shape[1]!;
  if (context.decoding || typeof time !== 'number') return gather(weight, positionsOf(context, x, 1));
  if (time > length) {
    throw new TypeError(
      `the sequence has ${time} positions, but there are vectors for ${length}. Cut it off, or make the model with a larger length.`,
    );
  }
  return slice(weight, 0, 0, time);
}

function requireSequence(x: Tensor): void {
  requireFloats(x);
  if (x.rank !== 3) throw new TypeError(`expected [batch, time, features], but got ${formatShape(x.shape)}.`);
}

export interface SinusoidalPositionsOptions {
  /** The longest wave has 2π times this many positions. Default: 10,000. */
  readonly base?: number;
}

const makeSinusoidal = defineLayer<SinusoidalPositionsOptions>({
  type: 'sinusoidalPositions',
  call(context, { base }, x) {
    requireSequence(x!);
    const width = knownSize(x!, 2, 'the number of features');
    return add(x!, cast(sinusoids(positionsOf(context, x!, 1), width, base), x!.dtype));
  },
  samples: () => [
    { name: 'sinusoidalPositions', config: {}, inputs: [spread([2, 3, 4])] },
    { name: 'sinusoidalPositions base', config: { base: 100 }, inputs: [spread([1, 2, 5])] },
  ],
});

export interface LearnedPositionsOptions {
  /** How the vectors start. Default: 'normal' (standard deviation 0.05). */
  readonly initializer?: InitializerConfig;
}

const makeLearned = defineLayer<LearnedPositionsOptions & { readonly length: number }>({
  type: 'learnedPositions',
  call(context, { length, initializer: start = 'normal' }, x) {
    requireSequence(x!);
    const width = knownSize(x!, 2, 'the number of features');
    return add(x!, learnedVectors(context, x!, { length, width, start }));
  },
  samples: () => [{ name: 'learnedPositions', config: { length: 5 }, inputs: [spread([2, 3, 4])] }],
});

export interface RotaryPositionsOptions {
  /** The slowest pair turns once in nearly 2π times this many positions. Default: 10,000. */
  readonly base?: number;
}

const makeRotary = defineLayer<RotaryPositionsOptions>({
  type: 'rotaryPositions',
  call(context, { base }, x) {
    requireFloats(x!);
    if (x!.rank < 3)
      throw new TypeError(`expected [batch, .., time, features], but got ${formatShape(x!.shape)}.`);
    return rotate(x!, positionsOf(context, x!, -2), base);
  },
  samples: () => [
    { name: 'rotaryPositions', config: {}, inputs: [spread([2, 3, 4])] },
    { name: 'rotaryPositions heads', config: { base: 50 }, inputs: [spread([1, 2, 3, 6])] },
  ],
});

/**
 * Adds waves of the position (Vaswani et al., 2017): sin(p / base^(2i / features)) at feature 2i, the cosine at 2i + 1.
 *
 * Input [batch, time, features], output the same.
 */
export function sinusoidalPositions(options: SinusoidalPositionsOptions = {}): Layer {
  return makeSinusoidal(options);
}

/**
 * Adds a trained vector for each position.
 *
 * Input [batch, time, features] with time up to `length`, output the same. Parameters: weight [length, features].
 * @throws RangeError unless length is a whole number of at least 1
 */
export function learnedPositions(length: number, options: LearnedPositionsOptions = {}): Layer {
  requireWhole('learnedPositions', 'length', length);
  return makeLearned({ length, ...options });
}

/**
 * Turns queries and keys by their position (Su et al., 2021), so that their product depends on the distance between them.
 *
 * Input [batch, .., time, features] with features even, output the same. Features i and i + features / 2 turn together.
 */
export function rotaryPositions(options: RotaryPositionsOptions = {}): Layer {
  return makeRotary(options);
}
