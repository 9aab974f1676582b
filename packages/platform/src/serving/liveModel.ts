import { requireVersion } from '../server/modelSource.js';
import type { ServedModel } from '../server/servedModel.js';
import { withShadows } from './shadows.js';
import type { Slot } from './slot.js';
import { Traffic } from './traffic.js';

/** A version of a deployed model that takes part in answering. */
export interface Arm {
  readonly version: number;
  /** Per cent of the requests; 0 for a shadow, which gets copies of them all. */
  readonly share: number;
  readonly slot: Slot;
  /** Settings that it was opened with. */
  readonly settings: string;
  readonly counts: { requests: number; failed: number };
}

/** The versions of one deployed model, and whose turn it is to answer. */
export class LiveModel {
  readonly name: string;
  readonly arms: readonly Arm[];
  readonly #traffic: Traffic<Arm>;
  readonly #shadows: readonly Arm[];

  constructor(name: string, arms: readonly Arm[]) {
    this.name = name;
    this.arms = arms;
    this.#traffic = new Traffic(arms);
    this.#shadows = arms.filter(({ share }) => share === 0);
  }

  /**
   * The model to ask.
   * @param version default: the one whose turn it is, and copies of the request go to the shadows
   * @returns the model, and what to call when it is asked no more
   * @throws ServiceError 404 naming the versions there are; Error when it cannot be opened
   */
  async hold(version: string | undefined): Promise<{ model: ServedModel; letGo: () => void }> {
    const known = this.arms.map((arm) => String(arm.version));
    requireVersion(this.name, version, known);
    const arm = version === undefined ? this.#traffic.next() : this.arms[known.indexOf(version)]!;
    const model = await arm.slot.hold();
    arm.counts.requests++;
    const isShadowed = version === undefined && this.#shadows.length > 0;
    return {
      model: isShadowed ? withShadows(model, this.#shadows) : model,
      letGo: () => arm.slot.letGo(),
    };
  }
}
