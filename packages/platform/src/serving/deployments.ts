import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { NotFoundError } from '../errors.js';
import { checkOut, findVersion, type Signer } from '../registry/index.js';
import { type ListedModel, type ModelSource, noSuchModel, requireVersion } from '../server/modelSource.js';
import { type ServedModel, serveModel } from '../server/servedModel.js';
import type { Store } from '../store/index.js';
import { deployments, models } from '../store/schema.js';
import { type ModelWatch, unwatched } from '../watching/index.js';

/** How a model is to answer requests. */
export interface NewDeployment {
  readonly project: string;
  /** Name of the model. */
  readonly model: string;
  /** A number, an alias that is followed when it moves, or `latest`. */
  readonly reference: string;
  /** Copies that run at once. Default: 2, or 1 on a single core. */
  readonly replicas?: number | undefined;
  /** The most requests that may wait. Default: 64. */
  readonly queueSize?: number | undefined;
}

/** A model that answers requests. */
export interface Deployment extends NewDeployment {
  readonly version: number;
  /** When that was asked for. */
  readonly at: Date;
  /** Whether it does; false while it is being opened, and where it could not be. */
  readonly ready: boolean;
  /** Why it could not be opened. */
  readonly error?: string | undefined;
}

/** Who is told what a version of a model does. */
export type WatchOf = (project: string, model: string, version: string) => ModelWatch;

/** Opens the versions that are deployed, and changes them without losing a request. */
export class Deployments {
  readonly #store: Store;
  readonly #folder: string;
  readonly #signer: Signer | undefined;
  readonly #watch: WatchOf;
  readonly #served = new Map<string, Map<string, ServedModel>>();
  readonly #errors = new Map<string, string>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Changes to a deployment come one after another. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @param folder where the files of versions are laid out for running */
  constructor(store: Store, folder: string, signer?: Signer, watch: WatchOf = () => unwatched) {
    this.#store = store;
    this.#folder = folder;
    this.#signer = signer;
    this.#watch = watch;
  }

  /** The models of a project that answer requests. */
  modelsOf(project: string): ModelSource {
    return {
      list: async () => (await this.list(project)).map(listed),
      find: async (name, version) => {
        const served = this.#servedOf(project);
        const model = served.get(name);
        if (!model) throw noSuchModel(name, [...served.keys()]);
        requireVersion(name, version, [model.version]);
        return model;
      },
    };
  }

  #servedOf(project: string): Map<string, ServedModel> {
    let served = this.#served.get(project);
    if (!served) {
      served = new Map();
      this.#served.set(project, served);
    }
    return served;
  }

  /** Answers a request; a model that it has found stays open until it is answered. */
  async during<Result>(answer: () => Promise<Result>): Promise<Result> {
    const answering = answer();
    const settled = answering.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.add(settled);
    try {
      return await answering;
    } finally {
      this.#underWay.delete(settled);
    }
  }

  /** Opens all that is deployed. What cannot be opened is left out, and says why when it is asked for. */
  async open(): Promise<void> {
    for (const deployment of await this.#rows()) {
      await this.#exclusive(() => this.#serve(deployment)).catch(() => undefined);
    }
  }

  /**
   * Deploys a version, in place of the one before: the new one is opened first, and the old one closed when its last request is
   * answered.
   * @throws NotFoundError when there is no such version; Error when it cannot be opened: the old one goes on then
   */
  async deploy(wanted: NewDeployment): Promise<Deployment> {
    const { db } = this.#store;
    return this.#exclusive(async () => {
      const found = await findVersion(db, wanted.project, wanted.model, wanted.reference);
      const deployment = { ...wanted, version: found.version, at: new Date() };
      await this.#serve(deployment);
      const row = {
        reference: wanted.reference,
        version: found.version,
        replicas: wanted.replicas ?? null,
        queueSize: wanted.queueSize ?? null,
        at: deployment.at,
      };
      await db
        .insert(deployments)
        .values({ model: found.modelId, ...row })
        .onConflictDoUpdate({ target: deployments.model, set: row });
      return { ...deployment, ready: true };
    });
  }

  /** After an alias has moved: deploys what it points at now, where a deployment follows it. */
  async follow(project: string, model: string): Promise<void> {
    const deployment = (await this.#rows()).find((each) => each.project === project && each.model === model);
    if (!deployment || /^\d+$/.test(deployment.reference)) return;
    const { version: _, at: __, ...wanted } = deployment;
    await this.deploy(wanted);
  }

  /** Ends a deployment once its last request is answered. @throws NotFoundError when there is none */
  async remove(project: string, model: string): Promise<void> {
    await this.#exclusive(async () => {
      const found = await findVersion(this.#store.db, project, model).catch(() => undefined);
      const gone = found
        ? await this.#store.db.delete(deployments).where(eq(deployments.model, found.modelId)).returning()
        : [];
      if (gone.length === 0) throw new NotFoundError(`The model '${model}' is not deployed.`);
      const served = this.#served.get(project)?.get(model);
      this.#served.get(project)?.delete(model);
      if (served) this.#retire(served);
    });
  }

  /** A project's deployments. */
  async list(project: string): Promise<readonly Deployment[]> {
    const rows = (await this.#rows()).filter((row) => row.project === project);
    return rows.map((row) => {
      const error = this.#errors.get(`${project}/${row.model}`);
      const ready = this.#servedOf(project).get(row.model)?.version === String(row.version);
      return { ...row, ready, ...(error !== undefined && { error }) };
    });
  }

  /** Closes all models, each when its last request is answered. */
  async close(): Promise<void> {
    await this.#changes.catch(() => undefined);
    await Promise.all(this.#underWay);
    for (const served of this.#served.values()) {
      for (const model of served.values()) await model.release();
      served.clear();
    }
  }

  async #serve(deployment: Omit<Deployment, 'ready'>): Promise<void> {
    const { project, model, version, replicas, queueSize } = deployment;
    const place = `${project}/${model}`;
    const named = this.#servedOf(project);
    try {
      const found = await findVersion(this.#store.db, project, model, String(version));
      await mkdir(this.#folder, { recursive: true });
      const directory = join(this.#folder, found.digest);
      await checkOut(this.#store.objects, found, directory, this.#signer);
      const served = await serveModel(directory, {
        name: model,
        version: String(version),
        replicas,
        queueSize,
        watch: this.#watch(project, model, String(version)),
      });
      const before = named.get(model);
      named.set(model, served);
      this.#errors.delete(place);
      if (before) this.#retire(before);
    } catch (error) {
      this.#errors.set(place, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** Closes a model that no new request finds any more, once those that have found it are answered. */
  #retire(model: ServedModel): void {
    const retired = Promise.all(this.#underWay).then(() => model.release());
    this.#changes = Promise.all([this.#changes, retired]).catch(() => undefined);
  }

  async #exclusive<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changes.then(change, change);
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #rows(): Promise<Omit<Deployment, 'ready'>[]> {
    const rows = await this.#store.db
      .select({ deployment: deployments, project: models.project, name: models.name })
      .from(deployments)
      .innerJoin(models, eq(models.id, deployments.model))
      .orderBy(models.project, models.name);
    return rows.map(({ deployment: { reference, version, replicas, queueSize, at }, project, name }) => ({
      project,
      model: name,
      reference,
      version,
      at,
      ...(replicas !== null && { replicas }),
      ...(queueSize !== null && { queueSize }),
    }));
  }
}

function listed({ project, model, version, at, ready, error }: Deployment): ListedModel {
  const versions = ready ? [String(version)] : [];
  return {
    name: model,
    versions,
    createdAt: at,
    owner: project,
    ...(error !== undefined && { reason: error }),
  };
}
