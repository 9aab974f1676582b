import { eq } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import { findModel } from '../registry/index.js';
import type { Sampler } from '../server/servedModel.js';
import type { Store } from '../store/index.js';
import { type DriftBaselines, type DriftSettings, drift, models } from '../store/schema.js';
import { countsOf, featuresOf, Reservoir, spreadOf, stabilityIndex } from '../watching/index.js';

/** What was found of a version when its last window was full. */
export interface DriftFinding {
  readonly at: Date;
  /** Population stability index of each feature. */
  readonly indices: Readonly<Record<string, number>>;
}

/** A finding, for whoever is to be told. */
export interface DriftReport extends DriftFinding {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly threshold: number;
  /** Whether a feature exceeds the threshold, and whether one did before. */
  readonly drifts: boolean;
  readonly drifted: boolean;
  readonly webhook: string | null;
}

/** A version that is looked at. */
interface Looked {
  recording: Map<string, Reservoir>;
  counts: Map<string, number[]>;
  /** Examples since the last finding; of a recording all. */
  examples: number;
  last?: DriftFinding;
  drifts: boolean;
}

interface Place {
  readonly modelId: string;
  readonly settings: DriftSettings;
  baselines: DriftBaselines;
  readonly versions: Map<string, Looked>;
}

/** What is known of a version. */
export interface DriftVersion {
  readonly version: string;
  /** Examples of the baseline; 0 while there is none. */
  readonly baseline: number;
  readonly examples: number;
  readonly last?: DriftFinding | undefined;
}

/** Examples that a baseline needs. */
const fewest = 50;
/** Features of a version; what comes after them is not looked at. */
const mostFeatures = 64;

/**
 * Looks whether what comes to models, and what they answer, is spread as it was with the training data. Off until it is set for a model.
 * Numbers are sampled of every run of the saved graph, whichever way the request came.
 */
export class Drift {
  readonly #store: Store;
  readonly #report: (report: DriftReport) => void;
  readonly #places = new Map<string, Place>();

  /** @param report told of each finding */
  constructor(store: Store, report: (report: DriftReport) => void) {
    this.#store = store;
    this.#report = report;
  }

  /** Reads what is set. */
  async open(): Promise<void> {
    const rows = await this.#store.db
      .select({ row: drift, project: models.project, name: models.name })
      .from(drift)
      .innerJoin(models, eq(models.id, drift.model));
    for (const { row, project, name } of rows) {
      const { model: modelId, settings, baselines } = row;
      this.#places.set(`${project}/${name}`, { modelId, settings, baselines, versions: new Map() });
    }
  }

  /** Looks at a run of a version. */
  sampler(project: string, model: string, version: string): Sampler {
    return (inputs) => {
      const place = this.#places.get(`${project}/${model}`);
      if (!place || Math.random() >= place.settings.share) return undefined;
      const before = featuresOf(inputs);
      return (outputs) => {
        const looked = lookedOf(place, version);
        const features = Object.entries({ ...before, ...featuresOf(outputs) }).slice(0, mostFeatures);
        looked.examples += features[0]?.[1].length ?? 0;
        if (place.settings.mode === 'baseline') record(looked, features);
        else this.#compare({ project, model, version }, place, looked, features);
      };
    };
  }

  /**
   * Sets how a model is looked at. The mode `baseline` records what comes as the training data, anew; `watch` compares with it.
   * @throws NotFoundError; InputError when there is too little recorded to compare with
   */
  async set(project: string, model: string, settings: DriftSettings): Promise<void> {
    const { id: modelId } = await findModel(this.#store.db, project, model);
    const key = `${project}/${model}`;
    const before = this.#places.get(key);
    const recorded = before?.settings.mode === 'baseline';
    const baselines = {
      ...before?.baselines,
      ...(recorded && settings.mode === 'watch' && baselinesOf(before)),
    };
    if (settings.mode === 'watch' && Object.keys(baselines).length === 0) {
      throw new InputError(
        `There is nothing to compare with: set the mode 'baseline', send at least ${fewest} examples of the training data, and then 'watch'.`,
      );
    }
    const row = { settings, baselines };
    await this.#store.db
      .insert(drift)
      .values({ model: modelId, ...row })
      .onConflictDoUpdate({ target: drift.model, set: row });
    const stays = before?.settings.mode === settings.mode;
    this.#places.set(key, { modelId, ...row, versions: stays ? before.versions : new Map() });
  }

  /** Looks at a model no more, and forgets its baselines. @throws NotFoundError when it is not looked at */
  async remove(project: string, model: string): Promise<void> {
    const place = this.#require(project, model);
    await this.#store.db.delete(drift).where(eq(drift.model, place.modelId));
    this.#places.delete(`${project}/${model}`);
  }

  /** How a model is looked at, and what was found. @throws NotFoundError when it is not looked at */
  view(project: string, model: string): { settings: DriftSettings; versions: DriftVersion[] } {
    const { settings, baselines, versions } = this.#require(project, model);
    const names = new Set([...Object.keys(baselines), ...versions.keys()]);
    return {
      settings,
      versions: [...names].map((version) => {
        const looked = versions.get(version);
        const [first] = Object.values(baselines[version] ?? {});
        const baseline = first?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
        return { version, baseline, examples: looked?.examples ?? 0, last: looked?.last };
      }),
    };
  }

  #require(project: string, model: string): Place {
    const place = this.#places.get(`${project}/${model}`);
    if (!place) throw new NotFoundError(`The model '${model}' is not looked at for drift.`);
    return place;
  }

  #compare(
    names: { readonly project: string; readonly model: string; readonly version: string },
    { settings, baselines }: Place,
    looked: Looked,
    features: readonly [string, readonly number[]][],
  ): void {
    const baseline = baselines[names.version];
    if (!baseline) return;
    for (const [name, values] of features) {
      const spread = baseline[name];
      if (!spread) continue;
      const more = countsOf(spread.borders, values);
      const counts = looked.counts.get(name) ?? more.map(() => 0);
      looked.counts.set(
        name,
        counts.map((count, i) => count + more[i]!),
      );
    }
    if (looked.examples < settings.window) return;
    const found = [...looked.counts].map(([name, counts]) => [
      name,
      stabilityIndex(baseline[name]!.counts, counts),
    ]);
    const indices = Object.fromEntries(found) as Record<string, number>;
    const { threshold, webhook } = settings;
    const drifts = Object.values(indices).some((index) => index > threshold);
    const finding = { at: new Date(), indices };
    this.#report({ ...names, ...finding, threshold, drifts, drifted: looked.drifts, webhook });
    Object.assign(looked, { last: finding, drifts, examples: 0, counts: new Map() });
  }
}

function lookedOf({ versions }: Place, version: string): Looked {
  let looked = versions.get(version);
  if (!looked) {
    looked = { recording: new Map(), counts: new Map(), examples: 0, drifts: false };
    versions.set(version, looked);
  }
  return looked;
}

function record({ recording }: Looked, features: readonly [string, readonly number[]][]): void {
  for (const [name, values] of features) {
    const reservoir = recording.get(name) ?? new Reservoir();
    for (const value of values) reservoir.add(value);
    recording.set(name, reservoir);
  }
}

/** The baselines of what was recorded, where it is enough. */
function baselinesOf({ versions }: Place): DriftBaselines {
  const enough = [...versions].filter(([, { examples }]) => examples >= fewest);
  return Object.fromEntries(
    enough.map(([version, { recording }]) => [
      version,
      Object.fromEntries([...recording].map(([name, { values }]) => [name, spreadOf(values)])),
    ]),
  );
}
