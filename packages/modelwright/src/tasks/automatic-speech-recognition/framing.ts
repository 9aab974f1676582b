// How much sound becomes how many steps.
import { fitLength } from '../../data/audio/browser.js';
import { type SpeechFrontOptions, type StreamShape, streamShape } from '../../nn/networks/index.js';

/** Steps that a stream answers for at a time. */
export const stepsPerStretch = 4;

/** Silence that is put behind every sound, in seconds: a network that does not look ahead answers a little later. */
const tailSeconds = 0.4;

/** Sound as a recogniser takes it: silence behind it, and filled up to whole stretches. */
export class SpeechFraming {
  readonly sampleRate: number;
  readonly stretch: StreamShape;
  /** Seconds of a step. */
  readonly stepSeconds: number;
  readonly tail: number;

  constructor(options: SpeechFrontOptions) {
    this.sampleRate = options.spectrogram.sampleRate;
    this.stretch = streamShape(options, stepsPerStretch);
    this.stepSeconds = this.stretch.advance / this.stretch.steps / this.sampleRate;
    this.tail = Math.round(tailSeconds * this.sampleRate);
  }

  /** Stretches of a sound of so many samples. */
  stretchesOf(samples: number): number {
    const { window, advance } = this.stretch;
    return Math.max(1, Math.ceil((samples + this.tail - (window - advance)) / advance));
  }

  /** Steps of a sound of so many samples. */
  stepsOf(samples: number): number {
    return this.stretchesOf(samples) * this.stretch.steps;
  }

  /** Samples that a sound of so many has once it is filled up. */
  lengthOf(samples: number): number {
    const { window, advance } = this.stretch;
    return this.stretchesOf(samples) * advance + window - advance;
  }

  fill(samples: Float32Array): Float32Array<ArrayBuffer> {
    return fitLength(samples, this.lengthOf(samples.length));
  }
}
