import { InputError, NotFoundError } from '../errors.js';
import { findVersion } from '../registry/index.js';
import { ServiceError } from '../server/errors.js';
import { type ListedModel, type ModelSource, noSuchModel } from '../server/modelSource.js';
import type { Store } from '../store/index.js';
import { type Arm, LiveModel } from './liveModel.js';
import { ModelMemory } from './modelMemory.js';
import {
  type DeploymentRow,
  deleteDeployment,
  readDeployments,
  settingsOf,
  writeDeployment,
} from './rows.js';
import type { Slot } from './slot.js';
import { Slots } from './slots.js';
import type { Deployment, DeploymentsOptions, NewDeployment } from './types.js';

export type * from './types.js';

/** Opens the versions that are deployed, and changes them without losing a request. */
export class Deployments {
  readonly #store: Store;
  readonly #memory: ModelMemory;
  readonly #slots: Slots;
  readonly #live = new Map<string, LiveModel>();
  readonly #errors = new Map<string, string>();
  /** Changes to a model's deployment come one after another. */
  readonly #changes = new Map<string, Promise<unknown>>();
  readonly #retiring = new Set<Promise<void>>();

  constructor(store: Store, options: DeploymentsOptions) {
    this.#store = store;
    this.#memory = new ModelMemory({ limit: options.memory });
    this.#slots = new Slots(store, this.#memory, options);
  }

  /** Opens all that is deployed, as far as memory goes. What cannot be opened says why when it is asked for. */
  async open(): Promise<void> {
    for (const row of await readDeployments(this.#store)) {
      const live = new LiveModel(row.model, await this.#armsOf(row));
      this.#live.set(placeOf(row), live);
      for (const { slot } of live.arms) {
        if (!this.#memory.hasRoomFor(slot)) continue;
        await opened(slot).catch((error: Error) => this.#errors.set(placeOf(row), error.message));
      }
    }
  }

  /** The models of a project that answer requests, as one request sees them. */
  modelsOf(project: string): Required<Omit<ModelSource, 'repository'>> {
    const held: (() => void)[] = [];
    return {
      list: async () => (await this.list(project)).map(listed),
      find: async (name, version) => {
        const place = `${project}/${name}`;
        const live = this.#live.get(place);
        if (!live) throw await this.#notDeployed(project, name);
        const { model, letGo } = await live.hold(version).catch((error: Error) => {
          throw error instanceof ServiceError
            ? error
            : new ServiceError(503, `The model '${name}' cannot be opened: ${error.message}`);
        });
        held.push(letGo);
        this.#errors.delete(place);
        return model;
      },
      done() {
        for (const letGo of held.splice(0)) letGo();
      },
    };
  }

  /**
   * Deploys a version, in place of the one before: the new one is opened first, and the old one closed when its last request is
   * answered. Challengers stay, but for the one that is deployed.
   * @throws NotFoundError when there is no such version; Error when it cannot be opened: the old one goes on then
   */
  async deploy(wanted: NewDeployment): Promise<Deployment> {
    const { project, model, reference } = wanted;
    return this.#change(project, model, async (before) => {
      const { version, modelId } = await findVersion(this.#store.db, project, model, reference);
      const challengers = (before?.challengers ?? []).filter((each) => each.version !== version);
      const row = { project, model, modelId, reference, version, challengers, at: new Date() };
      return { ...row, ...settingsOf(wanted) };
    });
  }

  /**
   * Deploys a version with the settings of the one before, a challenger for instance.
   * @throws NotFoundError when the model is not deployed, or has no such version; Error when it cannot be opened
   */
  async promote(project: string, model: string, reference: string): Promise<Deployment> {
    const before = await this.#row(project, model);
    if (!before) throw notDeployed(model);
    return this.deploy({ ...before, reference });
  }

  /**
   * Lets a further version of a deployed model answer a share of the requests, or gives it copies of them.
   * @param share per cent of the requests, or 0 for a shadow
   * @throws NotFoundError when the model is not deployed, or has no such version; InputError when nothing would be left to the deployed one
   */
  async challenge(project: string, model: string, reference: string, share: number): Promise<Deployment> {
    return this.#changeOf(project, model, async (before) => {
      const { version } = await findVersion(this.#store.db, project, model, reference);
      if (version === before.version) {
        throw new InputError(`Version ${version} of '${model}' is the one that is deployed.`);
      }
      const others = before.challengers.filter((each) => each.version !== version);
      const total = others.reduce((sum, each) => sum + each.share, share);
      if (total >= 100) {
        throw new InputError(
          `The challengers of '${model}' would answer ${total} per cent of the requests; less than 100 is left to them. Deploy a version for all.`,
        );
      }
      return { ...before, challengers: [...others, { version, share }] };
    });
  }

  /** Ends a challenger. @throws NotFoundError when there is none of that version */
  async dismiss(project: string, model: string, reference: string): Promise<Deployment> {
    return this.#changeOf(project, model, async (before) => {
      const { version } = await findVersion(this.#store.db, project, model, reference);
      const challengers = before.challengers.filter((each) => each.version !== version);
      if (challengers.length === before.challengers.length)
        throw new NotFoundError(`Version ${version} of '${model}' is no challenger.`);
      return { ...before, challengers };
    });
  }

  /** After an alias has moved: deploys what it points at now, where a deployment follows it. */
  async follow(project: string, model: string): Promise<void> {
    const row = await this.#row(project, model);
    if (row && !/^\d+$/.test(row.reference)) await this.deploy(row);
  }

  /** Ends a deployment once its last request is answered. @throws NotFoundError when there is none */
  async remove(project: string, model: string): Promise<void> {
    await this.#exclusive(`${project}/${model}`, async () => {
      const row = await this.#row(project, model);
      if (!row) throw notDeployed(model);
      await deleteDeployment(this.#store, row);
      this.#replace(placeOf(row), undefined);
    });
  }

  /** A project's deployments. */
  async list(project: string): Promise<readonly Deployment[]> {
    const rows = await readDeployments(this.#store);
    return rows.filter((row) => row.project === project).map((row) => this.#view(row));
  }

  /** Closes all models, each when its last request is answered. */
  async close(): Promise<void> {
    await Promise.all(this.#changes.values());
    for (const place of [...this.#live.keys()]) this.#replace(place, undefined);
    await Promise.all(this.#retiring);
  }

  async #change(
    project: string,
    model: string,
    change: (before: DeploymentRow | undefined) => Promise<DeploymentRow>,
  ): Promise<Deployment> {
    return this.#exclusive(`${project}/${model}`, async () => {
      const row = await change(await this.#row(project, model));
      const place = placeOf(row);
      const before = this.#live.get(place)?.arms ?? [];
      const arms = await this.#armsOf(row, before);
      const fresh = arms.filter(({ slot }) => !before.some((arm) => arm.slot === slot));
      try {
        for (const { slot } of fresh) await opened(slot);
        await writeDeployment(this.#store, row);
      } catch (error) {
        for (const { slot } of fresh) this.#retire(slot);
        throw error;
      }
      this.#replace(place, new LiveModel(model, arms));
      return this.#view(row);
    });
  }

  #changeOf(
    project: string,
    model: string,
    change: (before: DeploymentRow) => Promise<DeploymentRow>,
  ): Promise<Deployment> {
    return this.#change(project, model, async (before) => {
      if (!before) throw notDeployed(model);
      return change(before);
    });
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

  async #exclusive<Result>(place: string, change: () => Promise<Result>): Promise<Result> {
    const before = this.#changes.get(place) ?? Promise.resolve();
    const changed = before.then(change);
    const settled = changed.catch(() => undefined);
    this.#changes.set(place, settled);
    try {
      return await changed;
    } finally {
      if (this.#changes.get(place) === settled) this.#changes.delete(place);
    }
  }

  async #row(project: string, model: string): Promise<DeploymentRow | undefined> {
    const rows = await readDeployments(this.#store);
    return rows.find((row) => row.project === project && row.model === model);
  }

  #view({ challengers: _, modelId: __, ...row }: DeploymentRow): Deployment {
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

  async #notDeployed(project: string, model: string): Promise<ServiceError> {
    const deployed = await this.list(project);
    return noSuchModel(
      model,
      deployed.map((each) => each.model),
    );
  }
}

const placeOf = ({ project, model }: Pick<DeploymentRow, 'project' | 'model'>): string =>
  `${project}/${model}`;

const notDeployed = (model: string): NotFoundError =>
  new NotFoundError(`The model '${model}' is not deployed.`);

async function opened(slot: Slot): Promise<void> {
  await slot.hold();
  slot.letGo();
}

function listed({ project, model, versions, at, ready, error }: Deployment): ListedModel {
  const answering = ready ? versions.map(({ version }) => String(version)) : [];
  return {
    name: model,
    versions: answering,
    createdAt: at,
    owner: project,
    ...(error !== undefined && { reason: error }),
  };
}
