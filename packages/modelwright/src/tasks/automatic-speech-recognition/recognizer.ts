import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type AudioClip, decodeAudio, Resampler, secondsOf } from '../../data/audio/browser.js';
import type { NgramModel } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { carriedBy } from '../../nn/networks/index.js';
import type { Executable } from '../../runtime/runtime.js';
import { threadRuntime } from '../../runtime/thread.js';
import {
  InvalidInputError,
  type OpenModelOptions,
  openModel,
  type RunnableModel,
} from '../../saved/openModel.js';
import { type Alphabet, textOf } from './alphabet.js';
import { waveformOf } from './batches.js';
import type { SpeechFraming } from './framing.js';
import { decoderFor } from './language.js';
import type { Recognition, SpeechDecodingOptions } from './options.js';
import { readSpeechModel, streamFile } from './saved.js';
import { SpeechStream } from './stream.js';

/** The longest sound that is read at once, in seconds; less where each step looks at all others, which takes memory with its square. */
const mostSeconds = 600;
const mostSecondsOfAttention = 120;

export interface SpeechStreamOptions extends SpeechDecodingOptions {
  /** Samples in a second of the sound that will come. Default: as the model takes it. */
  readonly sampleRate?: number | undefined;
}

interface Parts {
  readonly model: RunnableModel;
  readonly alphabet: Alphabet;
  readonly framing: SpeechFraming;
  readonly language: NgramModel | undefined;
  /** Shapes of what a stream carries; undefined for models that cannot stream. */
  readonly carried: readonly (readonly number[])[] | undefined;
  readonly mostSeconds: number;
  readonly openStream: () => Promise<Executable>;
}

/** A saved recogniser of speech, ready to run. */
export class SpeechRecognizer {
  readonly #parts: Parts;
  #stream: Promise<Executable> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Opens a saved recogniser.
   * @throws Error when it is no such model, or a file is missing or damaged
   */
  static async open(directory: string, options: OpenModelOptions = {}): Promise<SpeechRecognizer> {
    const { trained, alphabet, framing, language } = await readSpeechModel(directory);
    const { runtime = threadRuntime(), ...compile } = options;
    const model = await openModel(directory, { ...options, runtime });
    return new SpeechRecognizer({
      model,
      alphabet,
      framing,
      language,
      carried: carriedBy(trained.model),
      mostSeconds: trained.model.type === 'conformerRecognizer' ? mostSecondsOfAttention : mostSeconds,
      openStream: async () =>
        runtime.open(await readFile(join(directory, streamFile)), { inference: true, ...compile }),
    });
  }

  /** Samples in a second that the model takes. */
  get sampleRate(): number {
    return this.#parts.framing.sampleRate;
  }

  /** Whether the model answers while sound arrives. */
  get streams(): boolean {
    return this.#parts.carried !== undefined;
  }

  /**
   * What is said in a sound.
   * @param source a file, the bytes of one (WAV, FLAC, MP3, OGG Vorbis, Opus), or a clip
   * @throws Error when it is no sound, is damaged, cut off, empty, or too long
   */
  async recognize(
    source: string | Uint8Array | AudioClip,
    options: SpeechDecodingOptions = {},
  ): Promise<Recognition> {
    const { model, alphabet, framing, language, mostSeconds } = this.#parts;
    const clip = await this.#clipOf(source);
    if (secondsOf(clip) > mostSeconds)
      throw new InvalidInputError(
        `The sound is ${secondsOf(clip).toFixed(1)} s long, but this model takes at most ${mostSeconds} s at once: cut it.`,
      );
    const outputs = await model.run({ waveform: waveformOf(clip.samples, framing) });
    const logits = outputs[model.config.outputs[0]!.name]!;
    const [, steps, classes] = logits.shape as [number, number, number];
    const decoder = decoderFor(alphabet, language, options);
    for (let step = 0; step < steps; step++)
      decoder.push(logits.data.subarray(step * classes, (step + 1) * classes) as Float32Array);
    const words = alphabet.wordsOf(decoder.heard(true), framing.stepSeconds);
    return { text: textOf(words), words, seconds: secondsOf(clip) };
  }

  async #clipOf(source: string | Uint8Array | AudioClip): Promise<AudioClip> {
    if (typeof source === 'object' && 'samples' in source) {
      const { samples, sampleRate } = source;
      if (samples.length === 0) throw new InvalidInputError('The sound is empty: it has no samples.');
      return {
        samples: new Resampler(sampleRate, this.sampleRate).push(samples, true),
        sampleRate: this.sampleRate,
      };
    }
    const [bytes, name] =
      typeof source === 'string' ? [await readFile(source), basename(source)] : [source, 'the sound'];
    return decodeAudio(bytes, { sampleRate: this.sampleRate, name, maximumSeconds: mostSeconds });
  }

  /**
   * Begins to hear sound that comes in pieces. Several streams may be open at the same time.
   * @throws Error for a model that needs the whole sound
   */
  async stream({ sampleRate, ...options }: SpeechStreamOptions = {}): Promise<SpeechStream> {
    const { alphabet, framing, language, carried, openStream } = this.#parts;
    if (!carried) {
      throw new Error(
        'This model needs the whole of a sound, so it cannot stream. Train a conv-gru, or give whole files.',
      );
    }
    this.#stream ??= openStream();
    const executable = await this.#stream;
    return new SpeechStream({
      alphabet,
      framing,
      decoder: decoderFor(alphabet, language, options),
      resampler: new Resampler(sampleRate ?? this.sampleRate, this.sampleRate),
      past: carried.map((shape) => new NdArray('float32', shape)),
      run: (inputs) => this.#inTurn(() => executable.run(inputs)),
    });
  }

  /** A graph runs for one stream at a time. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Frees what the model holds. */
  async release(): Promise<void> {
    await this.#last;
    if (this.#stream) await (await this.#stream).release();
    await this.#parts.model.release();
  }
}
