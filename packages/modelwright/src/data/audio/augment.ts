// Changes to sound that leave what is said the same, for training. Each gives new samples.
import type { Random } from '../../graph/random.js';
import { amplify, powerOf } from './clip.js';
import { resample } from './resample.js';

/** Makes sound of sound. */
export type AudioTransform = (samples: Float32Array, random: Random) => Float32Array;

/** Numbers from which a random one is drawn uniformly: [low, high]. */
export type Range = readonly [low: number, high: number];

/** Applies transforms one after the other. */
export function composeAudio(...transforms: readonly AudioTransform[]): AudioTransform {
  return (samples, random) => transforms.reduce((result, transform) => transform(result, random), samples);
}

/** Applies a transform with this probability. */
export const sometimes =
  (probability: number, transform: AudioTransform): AudioTransform =>
  (samples, random) =>
    random.chance(probability) ? transform(samples, random) : samples;

/**
 * Noise added at a signal-to-noise ratio: 10 log10(power of the sound / power of the noise) decibel.
 * @param noise its samples, repeated or cut as needed; normally distributed ones when left out
 */
export function addNoise(
  samples: Float32Array,
  decibel: number,
  random: Random,
  noise?: Float32Array,
): Float32Array<ArrayBuffer> {
  const start = noise ? random.integer(0, noise.length) : 0;
  const drawn = Float32Array.from(samples, (_, i) =>
    noise ? noise[(start + i) % noise.length]! : random.normal(),
  );
  const power = powerOf(drawn);
  const factor = power === 0 ? 0 : Math.sqrt(powerOf(samples) / power / 10 ** (decibel / 10));
  return drawn.map((value, i) => samples[i]! + factor * value);
}

/** Faster (above 1) or slower, with the pitch going along, as a tape would play it (Ko et al., 2015). Ratios are rounded to 1/100. */
export function changeSpeed(samples: Float32Array, factor: number): Float32Array<ArrayBuffer> {
  if (!(factor >= 0.25 && factor <= 4))
    throw new RangeError(`changeSpeed: the factor must lie between 0.25 and 4, but it is ${factor}.`);
  return resample(samples, Math.round(100 * factor), 100, { crossings: 6 });
}

/** Moved later (above 0) or earlier by some samples, silence taking the place that becomes free. */
export function shiftSound(samples: Float32Array, by: number): Float32Array<ArrayBuffer> {
  const shifted = new Float32Array(samples.length);
  if (by >= 0)
    shifted.set(samples.subarray(0, Math.max(0, samples.length - by)), Math.min(by, samples.length));
  else shifted.set(samples.subarray(Math.min(-by, samples.length)));
  return shifted;
}

/**
 * Coloured as by another microphone or room: a filter of one tap of 1 and some drawn ones after it, y[n] = x[n] + Σ h[k] x[n - k].
 * @param strength standard deviation of the first drawn tap; each one after it has half of the one before
 */
export function colour(
  samples: Float32Array,
  random: Random,
  { strength = 0.5, taps = 3 }: { readonly strength?: number; readonly taps?: number } = {},
): Float32Array<ArrayBuffer> {
  const coloured = samples.slice();
  for (let k = 1; k <= taps; k++) {
    const weight = random.normal(0, strength / 2 ** (k - 1));
    for (let i = k; i < samples.length; i++) coloured[i]! += weight * samples[i - k]!;
  }
  return coloured;
}

/** Normally distributed noise at a random signal-to-noise ratio in decibel. Default: 10 to 40. */
export const randomNoise =
  (decibel: Range = [10, 40]): AudioTransform =>
  (samples, random) =>
    addNoise(samples, random.uniform(...decibel), random);

/** A random speed. Default: 0.9 to 1.1. */
export const randomSpeed =
  (factor: Range = [0.9, 1.1]): AudioTransform =>
  (samples, random) =>
    changeSpeed(samples, random.uniform(...factor));

/** A random loudness, in decibel. Default: -12 to 6. */
export const randomGain =
  (decibel: Range = [-12, 6]): AudioTransform =>
  (samples, random) =>
    amplify(samples, 10 ** (random.uniform(...decibel) / 20));

/** A random move earlier or later, of at most this many samples. */
export const randomShift =
  (most: number): AudioTransform =>
  (samples, random) =>
    shiftSound(samples, random.integer(-most, most + 1));
