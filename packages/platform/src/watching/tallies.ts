import type { Counter } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/**
 * Counts for Prometheus' counters, given to them when they are read: to find a counter's value by its labels takes longer than what is
 * counted, and happens so once for many requests.
 */
export class Tallies {
  readonly #counts = new Map<Counter, Map<string, { readonly labels: Labels; sum: number }>>();

  /** Counts up. @param key tells these labels from others of the counter */
  add(counter: Counter, key: string, labels: Labels, amount = 1): void {
    let sums = this.#counts.get(counter);
    if (!sums) {
      sums = new Map();
      this.#counts.set(counter, sums);
    }
    const count = sums.get(key);
    if (count) count.sum += amount;
    else sums.set(key, { labels, sum: amount });
  }

  /** Gives the counters what has come since. */
  settle(): void {
    for (const [counter, sums] of this.#counts)
      for (const { labels, sum } of sums.values()) counter.inc(labels, sum);
    this.#counts.clear();
  }
}
