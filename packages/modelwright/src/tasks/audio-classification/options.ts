import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** Where sounds are and what is known about them. */
export interface SoundSourceOptions {
  /**
   * A folder with a folder of sounds for each label; a folder of sounds whose names tell their labels; a .csv, .tsv or .jsonl file with
   * columns `file` and `label`; or `said-digits`, made on this machine.
   */
  readonly data: string;
  /** What names of files say, such as `{label}_{speaker}_{take}.wav`. Default: the folder's name is the label. */
  readonly pattern?: string | undefined;
  /** Which sounds to measure on and not to learn from, such as `take=0-4` or `speaker=theo`. Default: a share of each label. */
  readonly holdOut?: string | undefined;
}

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
