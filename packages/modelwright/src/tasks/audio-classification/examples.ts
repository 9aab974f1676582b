// Sounds as what a classifier is trained and asked on.
import {
  type AudioTransform,
  colour,
  composeAudio,
  fitLength,
  normalizePeak,
  randomNoise,
  randomSpeed,
  sometimes,
  trimSilence,
} from '../../data/audio/browser.js';
import { Dataset } from '../../data/dataset.js';
import { ContentHash } from '../../data/fingerprint.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { LabelledClip } from '../sounds.js';

/** How a sound becomes the input of a classifier. */
export interface SoundPreprocessing {
  readonly sampleRate: number;
  /** Samples that the model takes. */
  readonly samples: number;
  /** How far below the loudest piece a piece is silence at the ends, in decibel. */
  readonly silence: number;
}

/** What new classifiers take for silence, in decibel: an s at the end of a word may lie 45 below its vowel. */
export const usualSilence = 50;

/** Without silence at its ends, and as loud as any other. */
const cleaned = (samples: Float32Array, silence: number): Float32Array<ArrayBuffer> =>
  normalizePeak(trimSilence(samples, { decibel: silence }));

/** The sound as a model takes it, in the middle: float32 [samples]. */
export function soundInput(
  samples: Float32Array,
  { samples: length, silence }: SoundPreprocessing,
): NdArray<'float32'> {
  return new NdArray('float32', [length], fitLength(cleaned(samples, silence), length, 'middle'));
}

/** The least that networks take, in seconds: they halve the number of frames again and again. */
export const leastSeconds = 0.3;

/** Samples that this share of the sounds fit into, rounded up to a tenth of a second, and the least that networks take. */
export function usualLength(
  clips: readonly LabelledClip[],
  { sampleRate, silence }: Omit<SoundPreprocessing, 'samples'>,
  share = 0.98,
): number {
  const lengths = clips.map(({ samples }) => cleaned(samples, silence).length).sort((a, b) => a - b);
  const length = lengths[Math.ceil(share * lengths.length) - 1]!;
  const tenths = Math.max(10 * leastSeconds, Math.ceil((10 * length) / sampleRate));
  return Math.round((tenths * sampleRate) / 10);
}

/** Changes as other voices, microphones and rooms make them. */
const otherwise: AudioTransform = composeAudio(
  randomSpeed([0.9, 1.1]),
  (samples, random) => colour(samples, random, { strength: 0.3 }),
  sometimes(0.5, randomNoise([5, 40])),
);

export interface SoundExamplesOptions extends SoundPreprocessing {
  readonly labels: readonly string[];
  /** Whether each epoch sees the sounds changed anew. Default: false. */
  readonly augment?: boolean;
  readonly seed?: number;
}

/** Examples `{ waveform: float32 [samples], target: int32 [] }`, one a sound. */
export function soundExamples(
  clips: readonly LabelledClip[],
  { samples: length, silence, labels, augment = false, seed = 0 }: SoundExamplesOptions,
): Dataset {
  const sounds = clips.map(({ samples }) => cleaned(samples, silence));
  const targets = clips.map(({ label }) => labels.indexOf(label));
  const waveform = (index: number, epoch: number): Float32Array<ArrayBuffer> => {
    if (!augment) return fitLength(sounds[index]!, length, 'middle');
    const random = new Random(seed, epoch, index);
    return fitLength(otherwise(sounds[index]!, random), length, random.uniform());
  };
  return new Dataset({
    length: clips.length,
    classNames: labels,
    label: (index) => targets[index]!,
    at: (index, epoch) => ({
      waveform: new NdArray('float32', [length], waveform(index, epoch)),
      target: NdArray.from(targets[index]!, 'int32'),
    }),
    fingerprint: () => {
      const hash = new ContentHash();
      for (const [i, sound] of sounds.entries())
        hash.add(clips[i]!.label).add(new NdArray('float32', [sound.length], sound));
      return hash.digest();
    },
  });
}
