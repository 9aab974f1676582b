// Runs in the thread that handles sound: hands on what a microphone gives, in pieces of samples of 16 bits.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

const pieceLength = Math.round(sampleRate / 10);

/** Posts pieces of a tenth of a second; after any message the rest, and then 'end'. */
class Pieces extends AudioWorkletProcessor {
  #piece = new Int16Array(pieceLength);
  #length = 0;
  #isEnded = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#post();
      this.port.postMessage('end');
      this.#isEnded = true;
    };
  }

  /** @returns whether it wants more */
  process([input]: readonly (readonly Float32Array[])[]): boolean {
    if (this.#isEnded) return false;
    for (const value of input?.[0] ?? []) {
      this.#piece[this.#length++] = Math.max(-32_768, Math.min(32_767, Math.round(32_768 * value)));
      if (this.#length === pieceLength) this.#post();
    }
    return true;
  }

  #post(): void {
    const piece = this.#piece.slice(0, this.#length);
    this.#length = 0;
    this.port.postMessage(piece, [piece.buffer]);
  }
}

registerProcessor('pieces', Pieces);

export {};
