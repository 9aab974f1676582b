import { StateError } from '../errors.js';
import { ServiceError } from '../server/errors.js';

/** Something that takes memory, and can give it back while nobody uses it. */
export interface Holder {
  /** About how many bytes it takes. */
  readonly bytes: number;
  readonly isIdle: boolean;
  /** Gives the memory back. */
  evict(): Promise<void>;
}

export interface ModelMemoryOptions {
  /** The most bytes that all holders may take together. Default: no bound. */
  readonly limit?: number | undefined;
  /** Milliseconds to wait for a holder to become idle. Default: 10,000. */
  readonly patience?: number | undefined;
}

/** Bounds the memory of open models: where one more does not fit, those go that were not asked for longest. */
export class ModelMemory {
  readonly #limit: number;
  readonly #patience: number;
  /** Those that take memory, in the order of their last use. */
  readonly #holders = new Set<Holder>();
  readonly #waiting = new Set<() => void>();
  #used = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ limit = Number.POSITIVE_INFINITY, patience = 10_000 }: ModelMemoryOptions = {}) {
    this.#limit = limit;
    this.#patience = patience;
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.#used;
  }

  /** Whether so much more fits as it is. */
  hasRoomFor({ bytes }: Holder): boolean {
    return this.#used + bytes <= this.#limit;
  }

  /**
   * Takes memory for a holder, making room where there is none.
   * @throws StateError when it could never fit; ServiceError 503 when all others are in use for too long
   */
  async take(holder: Holder): Promise<void> {
    const { bytes } = holder;
    if (bytes > this.#limit) {
      throw new StateError(
        `The model takes about ${megabytes(bytes)}, but all models together may take ${megabytes(this.#limit)}: allow more (--model-memory), or fewer replicas.`,
      );
    }
    const taken = this.#turn.then(() => this.#makeRoom(holder));
    this.#turn = taken.catch(() => undefined);
    await taken;
  }

  /** A holder was used just now. */
  touch(holder: Holder): void {
    if (this.#holders.delete(holder)) this.#holders.add(holder);
  }

  /** A holder takes no memory any more. */
  free(holder: Holder): void {
    if (this.#holders.delete(holder)) this.#used -= holder.bytes;
    this.wake();
  }

  /** Somebody may have become idle. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  async #makeRoom(holder: Holder): Promise<void> {
    const deadline = performance.now() + this.#patience;
    while (!this.hasRoomFor(holder)) {
      const idle = [...this.#holders].find(({ isIdle }) => isIdle);
      if (idle) await idle.evict();
      else await this.#change(deadline - performance.now());
    }
    this.#used += holder.bytes;
    this.#holders.add(holder);
  }

  #change(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const look = (): void => settle(resolve);
      const timer = setTimeout(
        () => settle(() => reject(new ServiceError(503, tooBusy, { 'Retry-After': '1' }))),
        milliseconds,
      );
      this.#waiting.add(look);
    });
  }
}

const tooBusy = 'The memory for models is full, and all models in it are in use. Try again in a second.';

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
