/** What sums of parts may miss by rounding. */
const rounding = 1e-6;

/** What may be used in a minute: so much at once, and then as it comes back, bit by bit. */
export class Bucket {
  readonly #size: number;
  #level: number;
  #at: number;

  /** @param size what may be used in a minute; @param now milliseconds of a clock that never jumps */
  constructor(size: number, now: number) {
    this.#size = size;
    this.#level = size;
    this.#at = now;
  }

  /** Milliseconds until there is as much as `amount`, at most the whole; 0 when it is there. */
  waitFor(amount: number, now: number): number {
    this.#level = Math.min(this.#size, this.#level + ((now - this.#at) / 60_000) * this.#size);
    this.#at = now;
    const missing = Math.min(amount, this.#size) - this.#level;
    return missing <= rounding ? 0 : (missing / this.#size) * 60_000;
  }

  /** Uses an amount; more than there is has to come back first. */
  use(amount: number): void {
    this.#level -= amount;
  }
}
