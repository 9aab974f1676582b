import type { Variables } from '../nn/context.js';
import { nameMatcher } from '../nn/names.js';
import { type Optimizer, withRateFactors } from '../optim/index.js';
import type { Batch } from './batch.js';
import type { EngineVariables } from './engine/protocol.js';
import { type HeldNames, heldAfter, sameHeld } from './held.js';
import type { FitOptions } from './options.js';
import { type SessionOptions, TrainingSession, variablesFrom } from './session.js';

type TransferOptions = Pick<FitOptions, 'freeze' | 'unfreeze' | 'learningRateOf'>;

/** What is known of a training under way, apart from what is held. */
type StageOptions = Omit<SessionOptions, 'held'> & TransferOptions & { readonly optimizer: Optimizer };

/** @throws RangeError for a factor that is none, or one that no parameter has */
function rateFactors({ learningRateOf = [] }: TransferOptions): (name: string) => number {
  const rules = learningRateOf.map(([names, factor]) => {
    if (!(factor >= 0 && Number.isFinite(factor)))
      throw new RangeError(
        `fit: learningRateOf '${String(names)}' is ${factor}; expected a number of 0 or more.`,
      );
    return { matches: nameMatcher(names), factor };
  });
  return (name) => rules.find(({ matches }) => matches(name))?.factor ?? 1;
}

/** These options in a line, to tell whether a checkpoint was made with the same. */
export function describeTransfer({ freeze, unfreeze = [], learningRateOf = [] }: TransferOptions): string {
  return [
    ...(freeze === undefined ? [] : [`frozen ${String(freeze)}`]),
    ...unfreeze.map(({ after, names }) => `${String(names)} from epoch ${after + 1}`),
    ...learningRateOf.map(([names, factor]) => `rate of ${String(names)} times ${factor}`),
  ].join(', ');
}

/** The sessions of one training: a new one whenever what is frozen changes. A stage is known by how many epochs are over. */
export class StagedSession {
  readonly #options: StageOptions;
  readonly #sample: Batch;
  #held: HeldNames;
  #session: TrainingSession;

  static async open(options: StageOptions, sample: Batch): Promise<StagedSession> {
    const factors = rateFactors(options);
    const optimizer = options.learningRateOf ? withRateFactors(options.optimizer) : options.optimizer;
    const whole = { ...options, optimizer, rateFactor: factors };
    for (const { after } of options.unfreeze ?? []) heldAfter(options.variables, options, after);
    const held = heldAfter(options.variables, options, 0);
    const session = await TrainingSession.open({ ...whole, held }, sample);
    return new StagedSession(whole, sample, held, session);
  }

  private constructor(options: StageOptions, sample: Batch, held: HeldNames, session: TrainingSession) {
    this.#options = options;
    this.#sample = sample;
    this.#held = held;
    this.#session = session;
  }

  get session(): TrainingSession {
    return this.#session;
  }

  /** What is held when so many epochs are over. */
  #heldAt(stage: number): HeldNames {
    return heldAfter(this.#options.variables, this.#options, stage);
  }

  /** Goes on to a stage with all that is reached. */
  async enter(stage: number): Promise<void> {
    const held = this.#heldAt(stage);
    if (sameHeld(held, this.#held)) return;
    const earlier = this.#session;
    const flat = await earlier.read();
    await this.#open(held);
    await this.#session.continueFrom(earlier, flat);
    await earlier.close();
  }

  /** Puts back what was read in a stage. */
  async restore(flat: EngineVariables, stage: number): Promise<void> {
    const held = this.#heldAt(stage);
    if (!sameHeld(held, this.#held)) {
      const earlier = this.#session;
      await this.#open(held);
      await earlier.close();
    }
    await this.#session.restore(flat);
  }

  async #open(held: HeldNames): Promise<void> {
    const { workers } = this.#session;
    this.#session = await TrainingSession.open({ ...this.#options, workers, held }, this.#sample);
    this.#held = held;
  }

  /** The model's variables out of what was read in a stage. */
  variablesAt(flat: EngineVariables, stage: number): Variables {
    const { variables, average } = this.#options;
    return variablesFrom({ variables, held: this.#heldAt(stage) }, flat, average !== undefined);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
