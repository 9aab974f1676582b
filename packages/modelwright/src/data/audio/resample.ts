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
  options: ResampleOptions = {},
): Float32Array<ArrayBuffer> {
  return new Resampler(from, to, options).push(samples, true);
}

/** As `resample`, for sound that comes in pieces: together the results are those of the whole. */
export class Resampler {
  readonly #crossings: number;
  /** Input samples and output samples that take equally long. */
  readonly #step: number;
  readonly #phases: number;
  /** Twice the cut-off, in periods of an input sample. */
  readonly #band: number;
  readonly #reach: number;
  readonly #filters = new Map<number, Float64Array>();
  /** The input that is still needed, and the number of its first sample. */
  #kept = new Float32Array(0);
  #first = 0;
  #made = 0;

  /** @throws RangeError for a rate that is no whole number of at least 1 */
  constructor(from: number, to: number, { crossings = 16, rolloff = 0.95 }: ResampleOptions = {}) {
    requireCount('resample', 'the sample rate', from, 1);
    requireCount('resample', 'the new sample rate', to, 1);
    const divisor = greatestCommonDivisor(from, to);
    [this.#step, this.#phases] = [from / divisor, to / divisor];
    this.#crossings = crossings;
    this.#band = (Math.min(this.#step, this.#phases) * rolloff) / this.#step;
    this.#reach = Math.ceil(crossings / this.#band);
  }

  /**
   * The output that is known once this input has come.
   * @param ended whether it is the last
   */
  push(samples: Float32Array, ended = false): Float32Array<ArrayBuffer> {
    if (this.#step === this.#phases) return samples.slice();
    const input = new Float32Array(this.#kept.length + samples.length);
    input.set(this.#kept);
    input.set(samples, this.#kept.length);
    const length = this.#first + input.length;
    const known = ended ? length : Math.max(0, length - this.#reach - 1);
    const end = Math.max(this.#made, Math.ceil((known * this.#phases) / this.#step));
    const output = new Float32Array(end - this.#made);
    for (let i = 0; i < output.length; i++) {
      const at = this.#made + i;
      const base = Math.floor((at * this.#step) / this.#phases);
      const filter = this.#filter(at % this.#phases);
      const start = base - this.#reach - this.#first;
      const [low, high] = [Math.max(0, -start), Math.min(filter.length, input.length - start)];
      let sum = 0;
      for (let k = low; k < high; k++) sum += filter[k]! * input[start + k]!;
      output[i] = sum;
    }
    this.#made = end;
    const needed = Math.floor((end * this.#step) / this.#phases) - this.#reach;
    const gone = Math.min(input.length, Math.max(0, needed - this.#first));
    this.#kept = input.slice(gone);
    this.#first += gone;
    return output;
  }

  /** What neighbouring input samples count for an output sample that lies so far between two of them. */
  #filter(phase: number): Float64Array {
    let filter = this.#filters.get(phase);
    if (!filter) {
      const between = ((phase * this.#step) / this.#phases) % 1;
      filter = Float64Array.from({ length: 2 * this.#reach + 2 }, (_, i) =>
        windowedSinc((i - this.#reach - between) * this.#band, this.#crossings, this.#band),
      );
      this.#filters.set(phase, filter);
    }
    return filter;
  }
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
