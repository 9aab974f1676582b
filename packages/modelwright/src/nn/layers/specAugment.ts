// Changes to spectrograms in training, chosen anew for each example.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import {
  abs,
  add,
  and,
  cast,
  expandDimensions,
  floor,
  greaterEqual,
  less,
  matmul,
  mul,
  randomUniform,
  range,
  relu,
  reshape,
  sub,
  sum,
  where,
} from '../../primitives/index.js';
import { knownSize, requireFloats, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface SpecAugmentOptions {
  /** Bands of frequency that are hidden. Default: 2. */
  readonly frequencyMasks?: number;
  /** The most rows that a band has. Default: 8. */
  readonly frequencyWidth?: number;
  /** Stretches of time that are hidden. Default: 2. */
  readonly timeMasks?: number;
  /** The most frames that a stretch has. Default: 10. */
  readonly timeWidth?: number;
}

export interface WarpFrequencyOptions {
  /** The most that frequencies are stretched or squeezed, as a share. Default: 0.1. */
  readonly stretch?: number;
  /** The most rows that they are moved up or down. Default: 2. */
  readonly shift?: number;
}

const noFixture =
  'what is hidden comes from random numbers of our own; specAugment.test.ts checks its bounds';

function requireSpectrogram(x: Tensor): void {
  requireFloats(x);
  if (x.rank === 3) return;
  throw new TypeError(`expected spectrograms [batch, rows, frames], but got ${formatShape(x.shape)}.`);
}

/** A uniform number in [low, high) for each example and mask [batch, masks, 1]. */
function draw(context: Context, batch: Tensor, masks: number, low: number, high: number): Tensor {
  const unit = randomUniform(context.key, [batch.shape[0]!, masks, 1], context.salt());
  return add(mul(unit, high - low), low);
}

/** Which places of an axis stay, 1 or 0: [batch, size]. */
function kept(context: Context, x: Tensor, size: number, masks: number, most: number): Tensor {
  const width = floor(draw(context, x, masks, 0, Math.min(most, size) + 1));
  const start = floor(mul(draw(context, x, masks, 0, 1), add(sub(size, width), 1)));
  const place = reshape(cast(range(size), 'float32'), [1, 1, size]);
  const hidden = and(greaterEqual(place, start), less(place, add(start, width)));
  return cast(less(sum(cast(hidden, 'float32'), 1), 0.5), 'float32');
}

const makeSpecAugment = defineLayer<SpecAugmentOptions>({
  type: 'specAugment',
  call(context, config, x) {
    requireSpectrogram(x!);
    if (!context.training) return x!;
    const { frequencyMasks = 2, frequencyWidth = 8, timeMasks = 2, timeWidth = 10 } = config;
    const [rows, frames] = [
      knownSize(x!, 1, 'the number of rows'),
      knownSize(x!, 2, 'the number of frames in training'),
    ];
    let result = x!;
    if (frequencyMasks > 0)
      result = mul(result, expandDimensions(kept(context, x!, rows, frequencyMasks, frequencyWidth), 2));
    if (timeMasks > 0)
      result = mul(result, expandDimensions(kept(context, x!, frames, timeMasks, timeWidth), 1));
    return result;
  },
  samples: () => [
    { name: 'specAugment', config: {}, inputs: [spread([2, 3, 4])], noFixture },
    {
      name: 'specAugment training',
      config: { frequencyWidth: 1, timeWidth: 1, timeMasks: 1 },
      inputs: [spread([2, 3, 4])],
      training: true,
      noFixture,
    },
  ],
});

const makeWarp = defineLayer<WarpFrequencyOptions>({
  type: 'warpFrequency',
  call(context, { stretch = 0.1, shift = 2 }, x) {
    requireSpectrogram(x!);
    if (!context.training) return x!;
    const rows = knownSize(x!, 1, 'the number of rows');
    const factor = draw(context, x!, 1, 1 - stretch, 1 + stretch);
    const moved = draw(context, x!, 1, -shift, shift);
    const row = cast(range(rows), 'float32');
    const wanted = add(mul(reshape(row, [1, rows, 1]), factor), moved);
    // Beyond the ends the outermost row goes on.
    const within = where(less(wanted, 0), 0, where(greaterEqual(wanted, rows - 1), rows - 1, wanted));
    return matmul(relu(sub(1, abs(sub(within, reshape(row, [1, 1, rows]))))), x!);
  },
  samples: () => [
    { name: 'warpFrequency', config: {}, inputs: [spread([2, 3, 4])], noFixture },
    {
      name: 'warpFrequency training',
      config: { stretch: 0.2, shift: 1 },
      inputs: [spread([2, 4, 3])],
      training: true,
      noFixture,
    },
  ],
});

/**
 * Hides bands of frequency and stretches of time of spectrograms in training, so that no single one is relied on (SpecAugment, Park et
 * al., 2019): their values become 0, which is the mean of a standardised spectrogram. Each width is uniform in 0 .. the most.
 *
 * Input [batch, rows, frames], output the same.
 * @throws RangeError for counts or widths that are no whole numbers of at least 0
 */
export function specAugment(options: SpecAugmentOptions = {}): Layer {
  for (const [name, value] of Object.entries(options)) requireWhole('specAugment', name, value as number, 0);
  return makeSpecAugment(options);
}

/**
 * Moves and stretches the rows of spectrograms in training, as another speaker's voice would (vocal tract length perturbation, Jaitly
 * and Hinton, 2013): row i becomes what lies at i factor + shift, between rows linearly.
 *
 * Input [batch, rows, frames], output the same.
 * @throws RangeError unless 0 <= stretch < 1 and shift >= 0
 */
export function warpFrequency(options: WarpFrequencyOptions = {}): Layer {
  requireWithin('warpFrequency', 'stretch', options.stretch ?? 0.1, 0, 1);
  requireWithin('warpFrequency', 'shift', options.shift ?? 2, 0, Number.POSITIVE_INFINITY);
  return makeWarp(options);
}
