// Sound of one channel, and what is done to all of it at once. Every function gives new samples and leaves those given as they are.
import { requireCount } from '../checks.js';

/** Sound of one channel. */
export interface AudioClip {
  /** Values in -1 .. 1. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Samples in a second. */
  readonly sampleRate: number;
}

/** How long a clip is, in seconds. */
export const secondsOf = ({ samples, sampleRate }: AudioClip): number => samples.length / sampleRate;

/**
 * The mean of several channels of equal length.
 * @throws RangeError when there are none, or they differ in length
 */
export function mixToMono(channels: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const length = channels[0]?.length;
  if (length === undefined || channels.some((channel) => channel.length !== length)) {
    throw new RangeError(
      `mixToMono: the channels have ${channels.map((channel) => channel.length).join(', ') || 'no'} samples; expected one or more channels of equal length.`,
    );
  }
  const mixed = new Float32Array(length);
  for (const channel of channels) for (let i = 0; i < length; i++) mixed[i]! += channel[i]! / channels.length;
  return mixed;
}

/** The largest absolute value, 0 of nothing. */
export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const value of samples) peak = Math.max(peak, Math.abs(value));
  return peak;
}

/** The mean of the squares, 0 of nothing. */
export function powerOf(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/** All samples times a number. */
export const amplify = (samples: Float32Array, factor: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(samples, (value) => factor * value);

/** As loud as makes the largest absolute value this; silence stays silence. */
export function normalizePeak(samples: Float32Array, peak = 0.9): Float32Array<ArrayBuffer> {
  const found = peakOf(samples);
  return amplify(samples, found === 0 ? 1 : peak / found);
}

export interface TrimOptions {
  /** How far below the loudest piece a piece is silence, in decibel. Default: 30. */
  readonly decibel?: number;
  /** Samples of each piece that is judged. Default: 256. */
  readonly piece?: number;
}

/** Without the silence at both ends: pieces whose power lies far below that of the loudest one. A silent clip stays as it is. */
export function trimSilence(
  samples: Float32Array,
  { decibel = 30, piece = 256 }: TrimOptions = {},
): Float32Array<ArrayBuffer> {
  requireCount('trimSilence', 'piece', piece, 1);
  const powers = Array.from({ length: Math.ceil(samples.length / piece) }, (_, i) =>
    powerOf(samples.subarray(i * piece, (i + 1) * piece)),
  );
  const least = Math.max(0, ...powers) * 10 ** (-decibel / 10);
  const first = powers.findIndex((power) => power > 0 && power >= least);
  if (first < 0) return samples.slice();
  const last = powers.findLastIndex((power) => power >= least);
  return samples.slice(first * piece, (last + 1) * piece);
}

/** Where a clip stands in a longer space, and which part of it stays in a shorter one. */
export type Place = 'start' | 'middle' | number;

/**
 * Exactly this many samples: cut off, or filled up with silence.
 * @param place at the start, in the middle, or so far from start (0) to end (1)
 */
export function fitLength(
  samples: Float32Array,
  length: number,
  place: Place = 'start',
): Float32Array<ArrayBuffer> {
  requireCount('fitLength', 'length', length, 1);
  const share = place === 'start' ? 0 : place === 'middle' ? 0.5 : place;
  const fitted = new Float32Array(length);
  const spare = length - samples.length;
  const offset = Math.floor(share * Math.abs(spare));
  if (spare >= 0) fitted.set(samples, offset);
  else fitted.set(samples.subarray(offset, offset + length));
  return fitted;
}
