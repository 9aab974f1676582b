import type { ErrorRate } from '../../nn/metrics/text/errorRate.js';
import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';
import type { SoundSourceOptions } from '../sounds.js';

/** How to train a recogniser of speech. What is left out takes the task's default. */
export interface SpeechTrainOptions extends SoundSourceOptions, NetworkTrainOptions {
  readonly data: string;
  /** Name of the network: `conv-gru`, which can stream, `conv-bigru` or `conformer`. Default: `conv-gru`. */
  readonly model?: string | undefined;
  /** What is heard one by one: `character` or `word`. Default: characters; words where strings are made of single ones. */
  readonly units?: string | undefined;
  /** The characters there are, such as `abcdefghijklmnopqrstuvwxyz '`. Default: those of the transcripts. */
  readonly alphabet?: string | undefined;
  /** Makes strings of so many of the words that the sounds are: [fewest, most]. Default: sounds are taken as they are. */
  readonly strings?: readonly [number, number] | undefined;
  /** Strings of an epoch. Default: 600. */
  readonly stringsPerEpoch?: number | undefined;
  /** Samples in a second that sounds are brought to. Default: what most files have. */
  readonly sampleRate?: number | undefined;
  /** Whether sounds are changed in training: speed, loudness, colour, noise. Default: true. */
  readonly augment?: boolean | undefined;
  /** Words that the language model looks at together; 0 for none. Default: 3. */
  readonly ngram?: number | undefined;
  /** A file of further text for the language model, a sentence a line. */
  readonly languageText?: string | undefined;
}

/** How what was heard becomes text. */
export interface SpeechDecodingOptions {
  /** Beginnings that are kept; 1 takes the likeliest class of each step. Default: 1. */
  readonly beams?: number | undefined;
  /** How much the language model counts, where there is one and beams are more than 1. Default: 0.5. */
  readonly languageWeight?: number | undefined;
  /** What each word adds to the logarithm of a text's probability. Default: 0. */
  readonly wordBonus?: number | undefined;
}

/** How to measure a saved recogniser of speech. */
export interface SpeechEvaluateOptions extends SoundSourceOptions, EvaluateOptions, SpeechDecodingOptions {
  readonly data: string;
}

/** A sound with what was said and what was heard. */
export interface SpeechMistake {
  readonly file: string;
  readonly reference: string;
  readonly hypothesis: string;
}

/** What was measured on speech. */
export interface SpeechEvaluateResult extends EvaluateResult {
  /** Substitutions, deletions and insertions. */
  readonly words: ErrorRate;
  readonly characters: ErrorRate;
  /** The sounds with most wrong words, those with most first. */
  readonly mistakes: readonly SpeechMistake[];
}

/** A word that was heard, and when, in seconds. */
export interface HeardWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** What was heard. */
export interface Recognition {
  readonly text: string;
  readonly words: readonly HeardWord[];
  /** How long the sound is. */
  readonly seconds: number;
}
