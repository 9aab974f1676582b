import type { Resampler } from '../../data/audio/browser.js';
import { NdArray } from '../../graph/array.js';
import type { CtcDecoder } from '../../nn/decoding/index.js';
import { type Alphabet, textOf } from './alphabet.js';
import type { SpeechFraming } from './framing.js';
import type { Recognition } from './options.js';

interface StreamParts {
  readonly alphabet: Alphabet;
  readonly framing: SpeechFraming;
  readonly decoder: CtcDecoder;
  readonly resampler: Resampler;
  /** What the first stretch takes as its past. */
  readonly past: readonly NdArray[];
  /** Runs the graph of one stretch. */
  readonly run: (inputs: readonly NdArray[]) => Promise<NdArray[]>;
}

/** Sound that comes in pieces, and what has been heard of it. The whole text is that of the whole sound heard at once. */
export class SpeechStream {
  readonly #parts: StreamParts;
  #past: readonly NdArray[];
  /** Samples that have come and are still needed. */
  #waiting = new Float32Array(0);
  #samples = 0;
  #ended = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#past = parts.past;
  }

  /**
   * Takes the next samples, in -1 .. 1. Wait for one call before the next.
   * @returns the text so far
   */
  async write(samples: Float32Array): Promise<string> {
    if (this.#ended) throw new Error('The stream has ended: begin a new one.');
    await this.#take(this.#parts.resampler.push(samples));
    return this.text;
  }

  /** Says that nothing more will come. */
  async end(): Promise<Recognition> {
    const { resampler, framing, alphabet, decoder } = this.#parts;
    this.#ended = true;
    await this.#take(resampler.push(new Float32Array(0), true));
    const seconds = this.#samples / framing.sampleRate;
    const length = framing.lengthOf(this.#samples);
    await this.#take(new Float32Array(length - this.#samples));
    const words = alphabet.wordsOf(decoder.heard(true), framing.stepSeconds);
    return { text: textOf(words), words, seconds };
  }

  /** What has been heard so far. */
  get text(): string {
    const { alphabet, decoder, framing } = this.#parts;
    return textOf(alphabet.wordsOf(decoder.heard(), framing.stepSeconds));
  }

  async #take(samples: Float32Array): Promise<void> {
    const { framing, decoder, run } = this.#parts;
    const { window, advance, steps } = framing.stretch;
    const all = new Float32Array(this.#waiting.length + samples.length);
    all.set(this.#waiting);
    all.set(samples, this.#waiting.length);
    this.#samples += samples.length;
    let at = 0;
    for (; at + window <= all.length; at += advance) {
      const stretch = new NdArray('float32', [1, window], all.slice(at, at + window));
      const [logits, ...present] = await run([stretch, ...this.#past]);
      this.#past = present;
      const classes = logits!.shape[2]!;
      for (let step = 0; step < steps; step++)
        decoder.push(logits!.data.subarray(step * classes, (step + 1) * classes) as Float32Array);
    }
    this.#waiting = all.slice(at);
  }
}
