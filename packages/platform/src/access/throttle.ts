/** Slows down guessing: after a few failures a name must wait, each time twice as long. Kept in memory, by a clock that never jumps. */
export class Throttle {
  readonly #failures = new Map<string, { count: number; until: number; at: number }>();
  readonly #now: () => number;

  /** Failures that cost nothing. */
  static readonly free = 5;
  /** The longest wait, in milliseconds; a name that fails no more for as long is forgotten. */
  static readonly longest = 5 * 60_000;
  static readonly #mostNames = 10_000;

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Milliseconds that a name has to wait; 0 where it may try. */
  waitOf(name: string): number {
    return Math.max(0, (this.#failures.get(name)?.until ?? 0) - this.#now());
  }

  /** Counts a failure. */
  failed(name: string): void {
    const now = this.#now();
    const before = this.#failures.get(name);
    const count = before && now - before.at < Throttle.longest ? before.count + 1 : 1;
    const wait = count < Throttle.free ? 0 : Math.min(Throttle.longest, 1000 * 2 ** (count - Throttle.free));
    this.#failures.delete(name); // so that the oldest stand first
    this.#failures.set(name, { count, until: now + wait, at: now });
    if (this.#failures.size > Throttle.#mostNames) {
      const [oldest] = this.#failures.keys();
      this.#failures.delete(oldest!);
    }
  }

  /** Forgets a name's failures. */
  succeeded(name: string): void {
    this.#failures.delete(name);
  }
}
