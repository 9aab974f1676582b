import { ServiceError } from '../server/errors.js';
import type { ServedModel } from '../server/servedModel.js';
import type { Store } from '../store/index.js';
import { type Arm, LiveModel } from './liveModel.js';
import { ModelMemory } from './modelMemory.js';
import { type DeploymentRow, settingsOf } from './rows.js';
import type { Slot } from './slot.js';
import { Slots } from './slots.js';
import type { Deployment, DeploymentsOptions } from './types.js';

/** Where a model is found: a project's name for it. */
export const placeOf = ({ project, model }: Pick<DeploymentRow, 'project' | 'model'>): string =>
  `${project}/${model}`;

/** The models that answer at present, each in its place; what is no part of them any more is closed when its last request is answered. */
export class LiveModels {
  readonly #memory: ModelMemory;
  readonly #slots: Slots;
  readonly #live = new Map<string, LiveModel>();
  readonly #errors = new Map<string, string>();
  readonly #retiring = new Set<Promise<void>>();

  constructor(store: Store, options: DeploymentsOptions) {
    this.#memory = new ModelMemory({ limit: options.memory });
    this.#slots = new Slots(store, this.#memory, options);
  }

  /** Opens what was deployed before, as far as memory goes. What cannot be opened says why when it is asked for. */
  async restore(row: DeploymentRow): Promise<void> {
    const live = new LiveModel(row.model, await this.#armsOf(row));
    this.#live.set(placeOf(row), live);
    for (const { slot } of live.arms) {
      if (!this.#memory.hasRoomFor(slot)) continue;
      await opened(slot).catch((error: Error) => this.#errors.set(placeOf(row), error.message));
    }
  }

  /**
   * A model to ask, which stays open until it is let go; undefined where there is none in that place.
   * @throws ServiceError 404 naming the versions there are, 503 when it cannot be opened
   */
  async hold(
    place: string,
    version: string | undefined,
  ): Promise<{ readonly model: ServedModel; readonly letGo: () => void } | undefined> {
    const live = this.#live.get(place);
    if (!live) return undefined;
    const held = await live.hold(version).catch((error: Error) => {
      throw error instanceof ServiceError
        ? error
        : new ServiceError(503, `The model '${live.name}' cannot be opened: ${error.message}`);
    });
    this.#errors.delete(place);
    return held;
  }

  /**
   * Puts what is deployed of a model in its place: what is new of it is opened first, and kept once it is written down.
   * @throws Error when it cannot be opened or written: what was there goes on then
   */
  async change(row: DeploymentRow, write: () => Promise<void>): Promise<void> {
    const before = this.#live.get(placeOf(row))?.arms ?? [];
    const arms = await this.#armsOf(row, before);
    const fresh = arms.filter(({ slot }) => !before.some((arm) => arm.slot === slot));
    try {
      for (const { slot } of fresh) await opened(slot);
      await write();
    } catch (error) {
      for (const { slot } of fresh) this.#retire(slot);
      throw error;
    }
    this.#replace(placeOf(row), new LiveModel(row.model, arms));
  }

  /** Ends what is in a place. */
  end(place: string): void {
    this.#replace(place, undefined);
  }

  /** Ends all, and waits until the last requests are answered. */
  async close(): Promise<void> {
    for (const place of [...this.#live.keys()]) this.end(place);
    await Promise.all(this.#retiring);
  }

  /** What is deployed of a model, and how it does. */
  view({ challengers: _, modelId: __, ...row }: DeploymentRow): Deployment {
    const arms = this.#live.get(placeOf(row))?.arms ?? [];
    const error = this.#errors.get(placeOf(row));
    return {
      ...row,
      ready: arms.length > 0 && error === undefined,
      ...(error !== undefined && { error }),
      versions: arms.map(({ version, share, slot, counts }) => ({
        ...{ version, share, loaded: slot.isOpen, ...counts },
      })),
    };
  }

  /** The versions of a deployment: those that are there already with the same settings, the others ready to be opened. */
  async #armsOf(row: DeploymentRow, before: readonly Arm[] = []): Promise<Arm[]> {
    const settings = settingsOf(row);
    const key = JSON.stringify(settings);
    const share = 100 - row.challengers.reduce((sum, challenger) => sum + challenger.share, 0);
    const wanted = [{ version: row.version, share }, ...row.challengers];
    return Promise.all(
      wanted.map(async ({ version, share }): Promise<Arm> => {
        const there = before.find((arm) => arm.version === version && arm.settings === key);
        if (there) return { ...there, share };
        const slot = await this.#slots.of(row, version, settings);
        return { version, share, slot, settings: key, counts: { requests: 0, failed: 0 } };
      }),
    );
  }

  /** Puts something in a place, and retires what is not part of it any more. */
  #replace(place: string, live: LiveModel | undefined): void {
    const before = this.#live.get(place)?.arms ?? [];
    this.#errors.delete(place);
    if (live) this.#live.set(place, live);
    else this.#live.delete(place);
    for (const { slot } of before) if (!live?.arms.some((arm) => arm.slot === slot)) this.#retire(slot);
  }

  #retire(slot: Slot): void {
    const retiring = slot.retire().catch(() => undefined);
    this.#retiring.add(retiring);
    void retiring.then(() => this.#retiring.delete(retiring));
  }
}

async function opened(slot: Slot): Promise<void> {
  await slot.hold();
  slot.letGo();
}
