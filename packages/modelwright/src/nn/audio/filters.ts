// The constant matrices that spectra of sound are made with.
import { NdArray } from '../../graph/array.js';

/** How pitch is measured: by Slaney's Auditory Toolbox (1998), linear below 1 kHz, as librosa does; or by the formula of HTK. */
export type MelScale = 'slaney' | 'htk';

const linearStep = 200 / 3;
const logStep = Math.log(6.4) / 27;

/** Hz as mel: on the HTK scale 2595 log10(1 + f / 700). */
export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hz / 700);
  return hz < 1000 ? hz / linearStep : 15 + Math.log(hz / 1000) / logStep;
}

/** Mel as Hz: the inverse of `hzToMel`. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  return mel < 15 ? linearStep * mel : 1000 * Math.exp(logStep * (mel - 15));
}

/** Hann's window, periodic: w[i] = sin²(π i / size). */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * i) / size) ** 2);
}

/**
 * Filters of a convolution that gives the Fourier transform of each window of sound: float32 [2 bins, 1, fftSize] with
 * bins = floor(fftSize / 2) + 1, first the real parts and then the imaginary ones. The window lies in the middle of the transform.
 */
export function fourierFilters(fftSize: number, windowSize: number): NdArray<'float32'> {
  const bins = Math.floor(fftSize / 2) + 1;
  const window = hannWindow(windowSize);
  const start = Math.floor((fftSize - windowSize) / 2);
  const filters = new NdArray('float32', [2 * bins, 1, fftSize]);
  for (let bin = 0; bin < bins; bin++) {
    for (let i = 0; i < windowSize; i++) {
      const time = start + i;
      const angle = (2 * Math.PI * ((bin * time) % fftSize)) / fftSize;
      filters.data[bin * fftSize + time] = window[i]! * Math.cos(angle);
      filters.data[(bins + bin) * fftSize + time] = -window[i]! * Math.sin(angle);
    }
  }
  return filters;
}

export interface MelFilterOptions {
  readonly sampleRate: number;
  readonly fftSize: number;
  /** Number of filters. */
  readonly mels: number;
  /** Where the lowest filter begins, and where the highest one ends, in Hz. */
  readonly lowest: number;
  readonly highest: number;
  readonly scale: MelScale;
  /** Whether each filter is divided by half its width in Hz, so that all weigh the same (Slaney). */
  readonly normalized: boolean;
}

/** Triangular filters over the bins of a Fourier transform, evenly apart in mel: float64 values [mels][bins]. */
export function melFilters(options: MelFilterOptions): Float64Array[] {
  const { sampleRate, fftSize, mels, lowest, highest, scale, normalized } = options;
  const bins = Math.floor(fftSize / 2) + 1;
  const [from, to] = [hzToMel(lowest, scale), hzToMel(highest, scale)];
  const edges = Array.from({ length: mels + 2 }, (_, i) =>
    melToHz(from + ((to - from) * i) / (mels + 1), scale),
  );
  return Array.from({ length: mels }, (_, mel) => {
    const [left, centre, right] = edges.slice(mel, mel + 3) as [number, number, number];
    const weight = normalized ? 2 / (right - left) : 1;
    return Float64Array.from({ length: bins }, (_, bin) => {
      const hz = (bin * sampleRate) / fftSize;
      return weight * Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
    });
  });
}

/** The orthonormal cosine transform of type II, its first rows: float32 [coefficients, size]. */
export function cosineTransform(coefficients: number, size: number): NdArray<'float32'> {
  const values = Array.from({ length: coefficients }, (_, k) =>
    Array.from(
      { length: size },
      (_, i) => Math.sqrt((k === 0 ? 1 : 2) / size) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * size)),
    ),
  );
  return NdArray.from(values);
}
