import type { Piece } from './microphone.js';
import type { Answer, Model } from './server.js';

/** The connection ended before the answer came. */
export class LostConnection extends Error {}

/** What the server sends: the text so far, at the end with `final`; or what is wrong. */
interface Heard {
  readonly text?: string;
  readonly final?: boolean;
  readonly error?: string;
}

/** Sound that a model hears while it is recorded. */
export class SoundStream {
  /**
   * The whole text, after `end`; its milliseconds are those from then on.
   * @throws LostConnection, or an Error with the server's reason
   */
  readonly answer: Promise<Answer>;
  readonly #socket: WebSocket;
  /** What is to be sent once the connection is there. */
  #waiting: (Piece | 'end')[] = [];
  #endedAt = 0;

  /** @param onText given the text so far whenever it changes */
  constructor({ name }: Model, sampleRate: number, onText: (text: string) => void) {
    const address = new URL(
      `/models/${encodeURIComponent(name)}/stream?sampleRate=${sampleRate}`,
      location.href,
    );
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      for (const each of this.#waiting) socket.send(each);
      this.#waiting = [];
    });
    this.answer = new Promise((resolve, reject) => {
      socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
        const { text = '', final, error } = JSON.parse(data) as Heard;
        if (error !== undefined) reject(new Error(error));
        else if (final) resolve({ text, milliseconds: performance.now() - this.#endedAt });
        else onText(text);
      });
      socket.addEventListener('close', () => reject(new LostConnection()));
    });
  }

  write(piece: Piece): void {
    this.#send(piece);
  }

  /** Nothing more will come. */
  end(): void {
    this.#endedAt = performance.now();
    this.#send('end');
  }

  /** Asks for no answer any more. */
  close(): void {
    this.#socket.close();
  }

  #send(message: Piece | 'end'): void {
    const { readyState } = this.#socket;
    if (readyState === WebSocket.CONNECTING) this.#waiting.push(message);
    else if (readyState === WebSocket.OPEN) this.#socket.send(message);
  }
}
