import { setTimeout as wait } from 'node:timers/promises';
import { ClientError } from '../client/client.js';

/** Milliseconds between two tries: the first, and the most. */
const firstWait = 250;
const longestWait = 5000;

/** Whether the same may be answered well later: the platform is away, its database is, or it has too much to do. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ClientError &&
    (error.status === undefined || error.status >= 500 || error.status === 429)
  );
}

/** Asks until there is an answer, and says once that there is none. */
export class Persistence {
  readonly #onNote: (text: string) => void;
  #silent = false;

  constructor(onNote: (text: string) => void) {
    this.#onNote = onNote;
  }

  /**
   * @param request is made anew for each try
   * @param signal ends the waiting
   * @throws ClientError of a refusal, which no waiting changes; AbortError when the signal fires
   */
  async ask<Result>(request: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (let pause = firstWait; ; pause = Math.min(longestWait, 2 * pause)) {
      signal.throwIfAborted();
      try {
        const result = await request();
        if (this.#silent) this.#onNote('The platform answers again.');
        this.#silent = false;
        return result;
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (!this.#silent) this.#onNote(`${(error as Error).message} Trying again until it does.`);
        this.#silent = true;
      }
      await wait(pause * (0.5 + Math.random()), undefined, { signal });
    }
  }
}
