// Deployments as the database keeps them.
import { eq } from 'drizzle-orm';
import type { ServingSettings } from '../server/servedModel.js';
import type { Store } from '../store/index.js';
import { challengers, deployments, models } from '../store/schema.js';

/** A further version of a deployed model. */
export interface Challenger {
  readonly version: number;
  /** Per cent of the requests that it answers; 0 for a shadow, which gets copies of them all. */
  readonly share: number;
}

/** What is deployed of a model. */
export interface DeploymentRow extends ServingSettings {
  readonly project: string;
  /** Name of the model. */
  readonly model: string;
  readonly modelId: string;
  /** What was asked for: a number, an alias that is followed when it moves, or `latest`. */
  readonly reference: string;
  readonly version: number;
  readonly challengers: readonly Challenger[];
  /** When that was asked for. */
  readonly at: Date;
}

/** All deployments. */
export async function readDeployments({ db }: Store): Promise<DeploymentRow[]> {
  const rows = await db
    .select({ deployment: deployments, project: models.project, name: models.name })
    .from(deployments)
    .innerJoin(models, eq(models.id, deployments.model))
    .orderBy(models.project, models.name);
  const further = await db.select().from(challengers).orderBy(challengers.version);
  return rows.map(({ deployment, project, name }) => {
    const { model: modelId, reference, version, at, ...settings } = deployment;
    return {
      ...{ project, model: name, modelId, reference, version, at },
      ...settingsOf(settings),
      challengers: further
        .filter(({ model }) => model === modelId)
        .map(({ version, share }) => ({ version, share })),
    };
  });
}

/** Writes what is deployed of a model, in place of what was. */
export async function writeDeployment({ db }: Store, deployment: DeploymentRow): Promise<void> {
  const { modelId: model, reference, version, at } = deployment;
  const { replicas, queueSize, batchSize, batchWindow } = deployment;
  const row = {
    ...{ reference, version, at },
    replicas: replicas ?? null,
    queueSize: queueSize ?? null,
    batchSize: batchSize ?? null,
    batchWindow: batchWindow ?? null,
  };
  await db.transaction(async (transaction) => {
    await transaction
      .insert(deployments)
      .values({ model, ...row })
      .onConflictDoUpdate({ target: deployments.model, set: row });
    await transaction.delete(challengers).where(eq(challengers.model, model));
    const further = deployment.challengers.map((challenger) => ({ model, at, ...challenger }));
    if (further.length > 0) await transaction.insert(challengers).values(further);
  });
}

/** Takes what is deployed of a model away. */
export async function deleteDeployment({ db }: Store, { modelId }: DeploymentRow): Promise<void> {
  await db.delete(deployments).where(eq(deployments.model, modelId));
}

/** Settings without those that are left out. */
export function settingsOf(
  settings: {
    readonly [Name in keyof ServingSettings]?: number | null | undefined;
  },
): ServingSettings {
  const names = ['replicas', 'queueSize', 'batchSize', 'batchWindow'] as const;
  return Object.fromEntries(
    names.filter((name) => typeof settings[name] === 'number').map((name) => [name, settings[name]]),
  );
}
