import type { Batch } from './batch.js';
import type { AlternateStep } from './options.js';
import { noTotals, type StepOutcome, type Totals, type TrainingSession } from './session.js';

/** Sums over the current epoch, of one kind of step. */
export interface AlternateTotals {
  readonly loss: number;
  readonly weight: number;
}

/** The steps of other kinds that take turns with a training's own. */
export class Alternates {
  readonly #steps: readonly AlternateStep[];
  #totals: Totals[];

  constructor(steps: readonly AlternateStep[] = []) {
    this.#steps = steps;
    this.#totals = steps.map(noTotals);
  }

  /** Tells this training's kinds of steps from another's, for checkpoints. */
  get description(): string {
    return this.#steps.map(({ name, trains, every = 1 }) => `${name}:${trains}:${every}`).join(' ');
  }

  /**
   * Sends off what is due after a step of the training's own.
   * @returns the outcomes, once they are there
   */
  async send(
    session: TrainingSession,
    batches: readonly Batch[],
    step: number,
    learningRate: number,
  ): Promise<Promise<StepOutcome>[]> {
    const sent: Promise<StepOutcome>[] = [];
    for (const [i, { every = 1, learningRateFactor = 1 }] of this.#steps.entries()) {
      if (step % every !== 0) continue;
      const at = { kind: i + 1, update: step / every };
      const rate = learningRate * learningRateFactor;
      sent.push((await session.step(batches, step, rate, this.#totals[i]!, at)).finished);
    }
    return sent;
  }

  /** The mean losses over the current epoch, by the steps' names; of steps that were not taken yet, none. */
  summary(): Record<string, number> {
    const means = this.#steps.map(({ name }, i): [string, number] => {
      const { loss, weight } = this.#totals[i]!;
      return [`${name}Loss`, loss / weight];
    });
    return Object.fromEntries(means.filter(([, mean]) => !Number.isNaN(mean)));
  }

  /** Begins an epoch. */
  reset(): void {
    this.#totals = this.#steps.map(noTotals);
  }

  get state(): AlternateTotals[] {
    return this.#totals.map(({ loss, weight }) => ({ loss, weight }));
  }

  set state(state: readonly AlternateTotals[]) {
    this.#totals = state.map((sums) => ({ ...noTotals(), ...sums }));
  }
}
