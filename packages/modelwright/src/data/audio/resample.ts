import { requireCount } from '../checks.js';

export interface ResampleOptions {
  /** Zero crossings of the filter on each side: more keep more of the high tones and take longer. Default: 16. */
  readonly crossings?: number;
  /** Where the filter ends, as a share of the highest tone that both rates hold. Default: 0.95. */
  readonly rolloff?: number;
}

/**
 * Sound at another sample rate: band-limited interpolation with a sinc under Hann's window (Smith and Gossett, 1984), a filter a phase.
 * Tones that the new rate cannot hold are removed.
 * @returns ceil(samples to / from) samples
 * @throws RangeError for a rate that is no whole number of at least 1
 */
export function resample(
  samples: Float32Array,
  from: number,
  to: number,
  { crossings = 16, rolloff = 0.95 }: ResampleOptions = {},
): Float32Array<ArrayBuffer> {
  requireCount('resample', 'the sample rate', from, 1);
  requireCount('resample', 'the new sample rate', to, 1);
  if (from === to) return samples.slice();
  const divisor = greatestCommonDivisor(from, to);
  const [step, phases] = [from / divisor, to / divisor];
  /** Twice the cut-off, in periods a sample. */
  const band = (Math.min(step, phases) * rolloff) / step;
  const reach = Math.ceil(crossings / band);
  const result = new Float32Array(Math.ceil((samples.length * phases) / step));
  for (let phase = 0; phase < phases && phase < result.length; phase++) {
    const start = (phase * step) / phases;
    const base = Math.floor(start);
    const filter = Float64Array.from({ length: 2 * reach + 2 }, (_, i) =>
      windowedSinc((base - reach + i - start) * band, crossings, band),
    );
    for (let turn = 0; phase + turn * phases < result.length; turn++) {
      const first = base + turn * step - reach;
      const [low, high] = [Math.max(0, -first), Math.min(filter.length, samples.length - first)];
      let sum = 0;
      for (let i = low; i < high; i++) sum += filter[i]! * samples[first + i]!;
      result[phase + turn * phases] = sum;
    }
  }
  return result;
}

/** band sinc(x) cos²(π x / (2 crossings)), 0 beyond the crossings. */
function windowedSinc(x: number, crossings: number, band: number): number {
  if (Math.abs(x) >= crossings) return 0;
  const window = Math.cos((Math.PI * x) / (2 * crossings)) ** 2;
  return band * window * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
