import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';
import type { SoundSourceOptions } from '../sounds.js';

/** How to train a classifier of sounds. What is left out takes the task's default. */
export interface AudioClassificationTrainOptions extends SoundSourceOptions, NetworkTrainOptions {
  readonly data: string;
  /** Name of the network: `audio-cnn` or `audio-crnn`. Default: `audio-cnn`. */
  readonly model?: string | undefined;
  /** Samples in a second that sounds are brought to. Default: what most files have. */
  readonly sampleRate?: number | undefined;
  /** How long a sound is, in seconds: longer ones are cut, shorter ones filled up with silence. Default: what 98 % of them fit into. */
  readonly seconds?: number | undefined;
  /** Whether sounds are changed in training: speed, colour, noise, place. Default: true. */
  readonly augment?: boolean | undefined;
}

/** How to measure a saved classifier of sounds. */
export interface AudioClassificationEvaluateOptions extends SoundSourceOptions, EvaluateOptions {
  readonly data: string;
}

/** A sound that the model got wrong. */
export interface SoundMistake {
  readonly file: string;
  readonly label: string;
  readonly predicted: string;
  /** How sure the model was, 0 .. 1. */
  readonly probability: number;
}

/** What was measured on sounds. */
export interface AudioEvaluateResult extends EvaluateResult {
  /** The mistakes that the model was surest of, the surest first. */
  readonly mistakes: readonly SoundMistake[];
}
