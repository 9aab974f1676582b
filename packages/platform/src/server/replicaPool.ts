import { ServiceError } from './errors.js';

const never = new AbortController().signal;

/** What is answered to a request that may not wait, as too many do already. */
export function busy(): ServiceError {
  const message = 'The server is busy: too many requests are waiting. Try again in a second.';
  return new ServiceError(503, message, { 'Retry-After': '1' });
}

/**
 * Shares a few replicas among many requests. Each replica does one piece of work at a time; requests that find all of them
 * busy wait in line, first come first served, and the line is bounded.
 */
export class ReplicaPool<Replica> {
  readonly #replicas: readonly Replica[];
  readonly #idle: Replica[];
  readonly #queueSize: number;
  readonly #line: ((replica: Replica) => void)[] = [];

  /** @param queueSize the most requests that may wait */
  constructor(replicas: readonly Replica[], queueSize: number) {
    this.#replicas = replicas;
    this.#idle = [...replicas];
    this.#queueSize = queueSize;
  }

  /**
   * Does a piece of work on the next free replica.
   * @param signal ends the wait; work that has begun goes on, unless it heeds the signal itself
   * @throws ServiceError 503 when the line is full; the signal's reason when it ends the wait
   */
  async run<Result>(work: (replica: Replica) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const replica = await this.#acquire(signal);
    return await work(replica).finally(() => this.#release(replica));
  }

  /** How many replicas there are. */
  get size(): number {
    return this.#replicas.length;
  }

  /** Does a piece of work as `run` does, however many wait. */
  async runSoon<Result>(work: (replica: Replica) => Promise<Result>): Promise<Result> {
    const replica = await this.#wait(never);
    return await work(replica).finally(() => this.#release(replica));
  }

  /** Waits until all work is done, and gives the replicas back for good. */
  async drain(): Promise<readonly Replica[]> {
    await Promise.all(this.#replicas.map(() => this.#wait(never)));
    return this.#replicas;
  }

  async #acquire(signal: AbortSignal): Promise<Replica> {
    signal.throwIfAborted();
    if (this.#idle.length === 0 && this.#line.length >= this.#queueSize) {
      throw busy();
    }
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal): Promise<Replica> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = (replica: Replica): void => {
        signal.removeEventListener('abort', leave);
        resolve(replica);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#line.push(enter);
    });
  }

  #release(replica: Replica): void {
    const next = this.#line.shift();
    if (next) next(replica);
    else this.#idle.push(replica);
  }
}
