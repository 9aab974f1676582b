// Sound as pictures of its pitch over time, made within the graph.
import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import {
  constant,
  convolution,
  expandDimensions,
  log,
  matmul,
  max,
  maximum,
  mul,
  pad,
  square,
  sub,
} from '../../primitives/index.js';
import { cosineTransform, fourierFilters, type MelScale, melFilters } from '../audio/filters.js';
import { requireFloats, requireWhole, requireWithin } from '../checks.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface MelSpectrogramOptions {
  /** Samples in a second. */
  readonly sampleRate: number;
  /** Samples of each Fourier transform. Default: 2048, as in librosa; 256 or 512 for speech. */
  readonly fftSize?: number;
  /** Samples under each window. Default: fftSize. */
  readonly windowSize?: number;
  /** Samples from one window to the next. Default: a quarter of the window. */
  readonly hop?: number;
  /** Number of mel filters. Default: 128. */
  readonly mels?: number;
  /** Where the lowest filter begins, in Hz. Default: 0. */
  readonly lowest?: number;
  /** Where the highest filter ends, in Hz. Default: half the sample rate. */
  readonly highest?: number;
  /** Default: 'slaney'. */
  readonly scale?: MelScale;
  /** Whether filters are divided by half their width in Hz. Default: true. */
  readonly normalized?: boolean;
  /** Whether half a transform of silence is added at both ends, so that window t is centred on sample t hop. Default: true. */
  readonly centred?: boolean;
  /** 'none': power; 'natural': ln(max(power, floor)); 'decibel': 10 log10(max(power, floor)). Default: 'natural'. */
  readonly log?: 'none' | 'natural' | 'decibel';
  /** The least power that a logarithm is taken of. Default: 1e-10. */
  readonly floor?: number;
  /** The most that a value may lie below the largest of its clip, in the unit of the logarithm. Default: no limit. */
  readonly range?: number;
}

export interface MfccOptions extends Omit<MelSpectrogramOptions, 'log'> {
  /** How many coefficients are kept, from the lowest. Default: 20. */
  readonly coefficients?: number;
}

/** What `melSpectrogram` computes. */
function melSpectra(x: Tensor, options: MelSpectrogramOptions): Tensor {
  requireFloats(x);
  if (x.rank !== 2) throw new TypeError(`expected sound [batch, samples], but got ${formatShape(x.shape)}.`);
  const { sampleRate, fftSize = 2048, windowSize = fftSize, hop = Math.floor(windowSize / 4) } = options;
  const { mels = 128, lowest = 0, highest = sampleRate / 2, scale = 'slaney', normalized = true } = options;
  const { log: kind = 'natural', floor = 1e-10, range, centred = true } = options;
  const [, samples] = x.shape;
  const around = centred ? Math.floor(fftSize / 2) : 0;
  if (typeof samples === 'number' && samples + 2 * around < fftSize) {
    throw new TypeError(
      `${samples} samples are less than one window of ${fftSize}. Pad the sound, or take a smaller fftSize.`,
    );
  }
  const parts = convolution(
    expandDimensions(pad(x, 1, around, around), 1),
    constant(fourierFilters(fftSize, windowSize)),
    { strides: [hop], before: [0], after: [0], dilations: [1], groups: 1 },
  );
  const filters = melFilters({ sampleRate, fftSize, mels, lowest, highest, scale, normalized });
  const both = NdArray.from(filters.map((filter) => [...filter, ...filter]));
  const power = matmul(constant(both), square(parts));
  if (kind === 'none') return power;
  const unit = kind === 'decibel' ? 10 / Math.LN10 : 1;
  const level = mul(log(maximum(power, floor)), unit);
  return range === undefined ? level : maximum(level, sub(max(level, [1, 2], true), range));
}

/** Some samples, made of more than one pitch. */
const sampleSound = (): NdArray<'float32'> => spread([2, 15]);

const small = { sampleRate: 8000, fftSize: 8, hop: 4, mels: 3 } as const;

const makeMel = defineLayer<MelSpectrogramOptions>({
  type: 'melSpectrogram',
  call: (_context, config, x) => melSpectra(x!, config),
  samples: () => [
    { name: 'melSpectrogram', config: { ...small, floor: 2e-3 }, inputs: [sampleSound()] },
    {
      name: 'melSpectrogram power, htk, not centred',
      config: {
        ...small,
        windowSize: 6,
        hop: 3,
        scale: 'htk',
        normalized: false,
        centred: false,
        log: 'none',
        lowest: 500,
        highest: 3500,
      },
      inputs: [sampleSound()],
    },
    {
      name: 'melSpectrogram decibel',
      config: { ...small, log: 'decibel', range: 6 },
      inputs: [sampleSound()],
    },
  ],
});

const makeMfcc = defineLayer<MfccOptions>({
  type: 'mfcc',
  call: (_context, { coefficients = 20, range = 80, ...options }, x) => {
    const level = melSpectra(x!, { ...options, range, log: 'decibel' });
    return matmul(constant(cosineTransform(coefficients, options.mels ?? 128)), level);
  },
  samples: () => [{ name: 'mfcc', config: { ...small, coefficients: 2, range: 6 }, inputs: [sampleSound()] }],
});

/**
 * A mel spectrogram of sound, as part of the graph: a Fourier transform of windows (Hann, periodic) as a convolution, the power of its
 * bins under triangular filters evenly apart in mel, and a logarithm. The defaults are those of librosa.
 *
 * Input float32 [batch, samples], the samples in -1 .. 1 and their number open if need be; output [batch, mels, frames] with
 * frames = 1 + floor(samples / hop), or 1 + floor((samples - fftSize) / hop) where not centred.
 * @throws RangeError for sizes that are no whole numbers, a window longer than the transform, or limits outside 0 .. sampleRate / 2
 */
export function melSpectrogram(options: MelSpectrogramOptions): Layer {
  checkMel('melSpectrogram', options);
  return makeMel(options);
}

/**
 * Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980): the orthonormal cosine transform of the mel spectrogram in decibel.
 *
 * Input float32 [batch, samples]; output [batch, coefficients, frames]. `range` is 80 decibel unless said, as in librosa.
 * @throws RangeError as `melSpectrogram`, or for more coefficients than mel filters
 */
export function mfcc(options: MfccOptions): Layer {
  const { coefficients = 20, mels = 128 } = options;
  checkMel('mfcc', options);
  requireWhole('mfcc', 'coefficients', coefficients);
  requireWithin('mfcc', 'coefficients', coefficients, 1, mels + 1);
  return makeMfcc(options);
}

function checkMel(who: string, options: MelSpectrogramOptions): void {
  const { sampleRate, fftSize = 2048, windowSize = fftSize, hop = 1, mels = 128 } = options;
  for (const [name, value] of Object.entries({ sampleRate, fftSize, windowSize, hop, mels }))
    requireWhole(who, name, value);
  requireWithin(who, 'windowSize', windowSize, 1, fftSize + 1);
  const { lowest = 0, highest = sampleRate / 2 } = options;
  requireWithin(who, 'highest', highest, Number.MIN_VALUE, sampleRate / 2 + 1e-9);
  requireWithin(who, 'lowest', lowest, 0, highest);
}
