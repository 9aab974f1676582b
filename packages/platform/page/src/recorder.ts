import type { FileInput } from './fileInput.js';
import { Microphone, MicrophoneError, type Piece } from './microphone.js';
import type { Outcome } from './output.js';
import type { Model } from './server.js';
import { LostConnection, SoundStream } from './soundStream.js';
import { type TextName, text } from './texts.js';
import { wavOf } from './wav.js';

/** The longest recording in seconds: of one that is sent whole, and of one that is heard as it goes on. */
const most = { whole: 30, streamed: 600 };

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** A recording that is under way. */
interface Recording {
  readonly model: Model;
  state: 'opening' | 'recording' | 'ending';
  readonly pieces: Piece[];
  /** The text so far. */
  heard: Outcome;
  microphone?: Microphone;
  stream?: SoundStream;
}

/** Records from a microphone. A model that can is asked while somebody speaks, others with the whole sound. */
export class Recorder {
  readonly #button = find<HTMLButtonElement>('record');
  readonly #elapsed = find('elapsed');
  readonly #sounds: FileInput;
  readonly #onOutcome: (outcome: Outcome) => void;
  #recording: Recording | undefined;

  /**
   * @param sounds plays what was recorded, and asks with the whole of it
   * @param onOutcome called when there is something new to show
   */
  constructor(model: () => Model | undefined, sounds: FileInput, onOutcome: (outcome: Outcome) => void) {
    this.#sounds = sounds;
    this.#onOutcome = onOutcome;
    this.#button.addEventListener('click', () => {
      const asked = model();
      if (this.#recording) this.#end(this.#recording);
      else if (asked) this.#begin(asked);
    });
  }

  /** What is going on; undefined while nothing is recorded. */
  get state(): TextName | undefined {
    if (!this.#recording) return undefined;
    const { state, stream } = this.#recording;
    return state === 'recording' && stream ? 'recordingLive' : state;
  }

  /** Drops what is being recorded. */
  clear(): void {
    const recording = this.#recording;
    this.#recording = undefined;
    recording?.stream?.close();
    void recording?.microphone?.close();
  }

  /** Writes its texts. */
  render({ input }: Model): void {
    const state = this.#recording?.state;
    this.#button.hidden = input !== 'sound';
    this.#button.textContent = text(state === 'recording' ? 'stop' : 'record');
    this.#button.ariaDisabled = String(state === 'opening' || state === 'ending'); // disabled, it would lose the focus
    this.#button.classList.toggle('recording', state === 'recording');
    this.#elapsed.hidden = state !== 'recording';
    this.#elapsed.ariaLabel = text('elapsed');
  }

  async #begin(model: Model): Promise<void> {
    const recording: Recording = { model, state: 'opening', pieces: [], heard: {} };
    this.#recording = recording;
    this.#sounds.clear();
    this.#onOutcome({});
    try {
      recording.microphone = await Microphone.open();
    } catch (error) {
      this.#finish(recording, outcomeOf(error as Error));
      return;
    }
    if (this.#recording !== recording) {
      void recording.microphone.close();
      return;
    }
    const { sampleRate } = recording.microphone;
    if (model.streams) this.#hear(recording, sampleRate);
    const limit = model.streams ? most.streamed : most.whole;
    let samples = 0;
    this.#showElapsed(0, limit);
    recording.microphone.listen(
      (piece) => {
        recording.pieces.push(piece);
        recording.stream?.write(piece);
        samples += piece.length;
        this.#showElapsed(samples / sampleRate, limit);
        if (samples >= limit * sampleRate) this.#end(recording);
      },
      () => this.#end(recording),
    );
    recording.state = 'recording';
    this.#onOutcome({});
  }

  /** Has the model hear while it is recorded. */
  #hear(recording: Recording, sampleRate: number): void {
    recording.stream = new SoundStream(recording.model, sampleRate, (text) => {
      recording.heard = { text };
      if (this.#recording === recording) this.#onOutcome(recording.heard);
    });
    recording.stream.answer.then(
      (answer) => this.#finish(recording, { answer, text: answer.text ?? '' }),
      async (error: Error) => {
        await this.#close(recording);
        this.#finish(recording, { ...recording.heard, ...outcomeOf(error) });
      },
    );
  }

  /** Ends a recording, and asks for the rest of the text or with the whole sound. */
  async #end(recording: Recording): Promise<void> {
    if (!(await this.#close(recording))) return;
    if (recording.stream) recording.stream.end();
    else this.#finish(recording);
  }

  /** Closes the microphone, where it records. @returns whether it did */
  async #close(recording: Recording): Promise<boolean> {
    if (this.#recording !== recording || recording.state !== 'recording') return false;
    recording.state = 'ending';
    this.#onOutcome(recording.heard);
    await recording.microphone!.close();
    return true;
  }

  /** Shows the sound, and what came of it. @param outcome default: that is asked for now */
  #finish(recording: Recording, outcome?: Outcome): void {
    if (this.#recording !== recording) return;
    this.#recording = undefined;
    recording.stream?.close();
    const { microphone, pieces } = recording;
    if (microphone) {
      const file = wavOf(pieces, microphone.sampleRate, `${text('recorded')}.wav`);
      if (outcome) this.#sounds.keep(file);
      else this.#sounds.show(file);
    }
    if (outcome) this.#onOutcome(outcome);
  }

  #showElapsed(seconds: number, limit: number): void {
    const shown = `${clock(seconds)} / ${clock(limit)}`;
    if (this.#elapsed.textContent !== shown) this.#elapsed.textContent = shown;
  }
}

/** Minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function outcomeOf(error: Error): Outcome {
  if (error instanceof MicrophoneError) return { problem: error.reason };
  return error instanceof LostConnection ? { problem: 'lost' } : { fault: error.message };
}
