import { InputError, NotFoundError } from '../errors.js';
import { findVersion } from '../registry/index.js';
import type { ServiceError } from '../server/errors.js';
import { type ListedModel, type ModelSource, noSuchModel } from '../server/modelSource.js';
import type { Store } from '../store/index.js';
import { LiveModels, placeOf } from './liveModels.js';
import {
  type DeploymentRow,
  deleteDeployment,
  readDeployments,
  settingsOf,
  writeDeployment,
} from './rows.js';
import type { Deployment, DeploymentsOptions, NewDeployment } from './types.js';

export type * from './types.js';

/** Opens the versions that are deployed, and changes them without losing a request. */
export class Deployments {
  readonly #store: Store;
  readonly #live: LiveModels;
  /** Changes to a model's deployment come one after another. */
  readonly #changes = new Map<string, Promise<unknown>>();

  constructor(store: Store, options: DeploymentsOptions) {
    this.#store = store;
    this.#live = new LiveModels(store, options);
  }

  /** Opens all that is deployed, as far as memory goes. What cannot be opened says why when it is asked for. */
  async open(): Promise<void> {
    for (const row of await readDeployments(this.#store)) await this.#live.restore(row);
  }

  /** The models of a project that answer requests, as one request sees them. */
  modelsOf(project: string): Required<Omit<ModelSource, 'repository'>> {
    const held: (() => void)[] = [];
    return {
      list: async () => (await this.list(project)).map(listed),
      find: async (name, version) => {
        const found = await this.#live.hold(placeOf({ project, model: name }), version);
        if (!found) throw await this.#notDeployed(project, name);
        held.push(found.letGo);
        return found.model;
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
      this.#live.end(placeOf(row));
    });
  }

  /** A project's deployments. */
  async list(project: string): Promise<readonly Deployment[]> {
    const rows = await readDeployments(this.#store);
    return rows.filter((row) => row.project === project).map((row) => this.#live.view(row));
  }

  /** Closes all models, each when its last request is answered. */
  async close(): Promise<void> {
    await Promise.all(this.#changes.values());
    await this.#live.close();
  }

  async #change(
    project: string,
    model: string,
    change: (before: DeploymentRow | undefined) => Promise<DeploymentRow>,
  ): Promise<Deployment> {
    return this.#exclusive(`${project}/${model}`, async () => {
      const row = await change(await this.#row(project, model));
      await this.#live.change(row, () => writeDeployment(this.#store, row));
      return this.#live.view(row);
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

  async #notDeployed(project: string, model: string): Promise<ServiceError> {
    const deployed = await this.list(project);
    return noSuchModel(
      model,
      deployed.map((each) => each.model),
    );
  }
}

const notDeployed = (model: string): NotFoundError =>
  new NotFoundError(`The model '${model}' is not deployed.`);

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
