export interface ReduceOnPlateauOptions {
  /** Which values of the watched metric are good. Default: 'lower', as for a loss. */
  readonly better?: 'lower' | 'higher';
  /** What the learning rate is multiplied with each time, 0 .. 1. Default: 0.1. */
  readonly factor?: number;
  /** How many times without progress are borne before that. Default: 10. */
  readonly patience?: number;
  /** How much better, relative to the best so far, counts as progress. Default: 0.0001. */
  readonly threshold?: number;
  /** How many times are not counted after a reduction. Default: 0. */
  readonly cooldown?: number;
  /** The learning rate is never reduced below this share of what it was. Default: 0. */
  readonly minimumScale?: number;
}

/** Where the watching of a metric stands: JSON. */
export interface PlateauState {
  /** What the learning rate is multiplied with now. */
  readonly scale: number;
  /** The best value so far; null before the first. */
  readonly best: number | null;
  /** How many times in a row there was no progress. */
  readonly waited: number;
  /** How many times are still not counted. */
  readonly cooling: number;
}

/**
 * Lowers the learning rate when a metric stops getting better: PyTorch's ReduceLROnPlateau with a relative threshold.
 * A value that is not a number is no progress.
 */
export class ReduceOnPlateau {
  readonly options: Required<ReduceOnPlateauOptions>;
  /** JSON; setting it resumes from there. */
  state: PlateauState = { scale: 1, best: null, waited: 0, cooling: 0 };

  /** @throws RangeError for a factor outside 0 .. 1 */
  constructor(options: ReduceOnPlateauOptions = {}) {
    const defaults = {
      better: 'lower',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      cooldown: 0,
      minimumScale: 0,
    } as const;
    this.options = { ...defaults, ...options };
    const { factor } = this.options;
    if (!(factor >= 0 && factor < 1)) {
      throw new RangeError(`ReduceOnPlateau: factor is ${factor}; expected 0 or more and below 1.`);
    }
  }

  /** Takes note of the metric, once an epoch, and gives what to multiply the learning rate with from now on. */
  update(metric: number): number {
    const { factor, patience, cooldown, minimumScale } = this.options;
    const progress = this.#isProgress(metric);
    const cooling = Math.max(this.state.cooling - 1, 0);
    const waited = progress || this.state.cooling > 0 ? 0 : this.state.waited + 1;
    const reduces = waited > patience;
    this.state = {
      scale: reduces ? Math.max(this.state.scale * factor, minimumScale) : this.state.scale,
      best: progress ? metric : this.state.best,
      waited: reduces ? 0 : waited,
      cooling: reduces ? cooldown : cooling,
    };
    return this.state.scale;
  }

  #isProgress(metric: number): boolean {
    const { best } = this.state;
    const { better, threshold } = this.options;
    if (best === null) return !Number.isNaN(metric);
    return better === 'lower' ? metric < best * (1 - threshold) : metric > best * (1 + threshold);
  }
}
