import { type EpochRecord, isLowerBetter } from '../report/history.js';
import type { EarlyStoppingOptions } from './callbacks.js';

/** Watches one metric over the epochs: which was best, and for how long none has been better. */
export class BestEpoch {
  readonly #options: EarlyStoppingOptions;
  readonly #stops: boolean;
  state: { readonly value: number; readonly epoch: number; readonly since: number } | undefined;

  /** @param stops whether a training should end when there is no improvement */
  constructor(options: EarlyStoppingOptions, stops: boolean) {
    this.#options = options;
    this.#stops = stops;
  }

  /**
   * Takes note of an epoch and says whether it is the best so far.
   * @throws TypeError when the epoch has no such metric
   */
  improves({ epoch, train, validation }: EpochRecord): boolean {
    const { metric = 'loss', mode = isLowerBetter(metric) ? 'min' : 'max', minDelta = 0 } = this.#options;
    const value = (validation ?? train)[metric];
    if (value === undefined) {
      throw new TypeError(
        `There is no metric '${metric}' to watch; there is ${Object.keys(validation ?? train).join(', ')}.`,
      );
    }
    const gain =
      this.state && !Number.isNaN(this.state.value)
        ? mode === 'min'
          ? this.state.value - value
          : value - this.state.value
        : Number.POSITIVE_INFINITY;
    const better = gain > minDelta;
    this.state = better ? { value, epoch, since: 0 } : { ...this.state!, since: this.state!.since + 1 };
    return better;
  }

  /** Whether patience has run out. */
  get exhausted(): boolean {
    return this.#stops && (this.state?.since ?? 0) >= (this.#options.patience ?? 3);
  }
}
