import type { TextName } from './texts.js';

/** Samples of 16 bits, one channel. */
export type Piece = Int16Array<ArrayBuffer>;

/** Why there is no microphone, in the page's own words. */
export class MicrophoneError extends Error {
  readonly reason: TextName;

  constructor(reason: TextName, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** Names of the errors of getUserMedia (https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia). */
const reasons: Readonly<Record<string, TextName>> = {
  NotAllowedError: 'refused',
  NotFoundError: 'noMicrophone',
  NotReadableError: 'microphoneInUse',
};

/** The sound as it is: models are trained with noise, and do not know what is made for ears. Loudness is evened out, as people sit far and near. */
const wanted = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };

/** A microphone that is open. */
export class Microphone {
  readonly #stream: MediaStream;
  readonly #context: AudioContext;
  #node: AudioWorkletNode | undefined;
  #closed: Promise<void> | undefined;

  private constructor(stream: MediaStream, context: AudioContext) {
    this.#stream = stream;
    this.#context = context;
  }

  /** Asks for a microphone, after a click. @throws MicrophoneError where there is none that may be used */
  static async open(): Promise<Microphone> {
    if (!window.isSecureContext) throw new MicrophoneError('insecure');
    const context = new AudioContext(); // before anything is waited for: Safari lets it run only then
    let stream: MediaStream | undefined;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
      await context.audioWorklet.addModule('/page/microphoneWorklet.js');
      await context.resume();
      return new Microphone(stream, context);
    } catch (error) {
      stopTracks(stream);
      void context.close();
      const reason = reasons[(error as Error).name];
      throw reason ? new MicrophoneError(reason, error) : error;
    }
  }

  /** Samples in a second. */
  get sampleRate(): number {
    return this.#context.sampleRate;
  }

  /** Begins to give sound. @param onGone called when the microphone is taken away */
  listen(onPiece: (piece: Piece) => void, onGone: () => void): void {
    const source = this.#context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(this.#context, 'pieces', {
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<Piece | 'end'>) => {
      if (data !== 'end') onPiece(data);
    };
    source.connect(this.#node).connect(this.#context.destination); // silence, but what leads nowhere may not be run
    for (const track of this.#stream.getTracks()) track.addEventListener('ended', onGone);
  }

  /** Closes it, once all sound has been given. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const node = this.#node;
    if (node) {
      const ended = new Promise<void>((resolve) => {
        node.port.addEventListener('message', ({ data }: MessageEvent<Piece | 'end'>) => {
          if (data === 'end') resolve();
        });
      });
      node.port.postMessage('end');
      await ended;
    }
    stopTracks(this.#stream);
    await this.#context.close();
  }
}

function stopTracks(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
