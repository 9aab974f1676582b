import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import type { Database } from '../store/database.js';
import { aliases, models, versions } from '../store/schema.js';

export type ModelRow = Omit<typeof models.$inferSelect, 'nextVersion'>;
export type VersionRow = Omit<typeof versions.$inferSelect, 'model'>;

/** A model with what points into it. */
export interface ModelView extends ModelRow {
  /** The newest version; null when there is none left. */
  readonly latest: number | null;
  /** How many versions there are. */
  readonly versions: number;
  /** Version by alias. */
  readonly aliases: Readonly<Record<string, number>>;
}

/** A version, and the model that it belongs to. */
export interface FoundVersion extends VersionRow {
  readonly model: string;
  readonly modelId: string;
  readonly aliases: readonly string[];
}

/** The models of a project, by name. */
export async function listModels(
  db: Database,
  {
    project,
    limit = 100,
    offset = 0,
  }: { project: string; limit?: number | undefined; offset?: number | undefined },
): Promise<readonly ModelView[]> {
  return viewsOf(db, eq(models.project, project), { limit, offset });
}

/** One model. @throws NotFoundError when the project has no such model */
export async function findModel(db: Database, project: string, name: string): Promise<ModelView> {
  const [found] = await viewsOf(db, and(eq(models.project, project), eq(models.name, name)), {
    limit: 1,
    offset: 0,
  });
  if (!found) throw new NotFoundError(`There is no model '${name}' in the project '${project}'.`);
  return found;
}

async function viewsOf(
  db: Database,
  where: SQL | undefined,
  { limit, offset }: { limit: number; offset: number },
): Promise<ModelView[]> {
  const rows = await db
    .select({
      model: models,
      latest: sql<number | null>`(select max(version) from versions v where v.model = ${models.id})`,
      versions: sql<number>`(select count(*)::int from versions v where v.model = ${models.id})`,
      aliases: sql<Record<
        string,
        number
      > | null>`(select json_object_agg(alias, version) from aliases a where a.model = ${models.id})`,
    })
    .from(models)
    .where(where)
    .orderBy(asc(models.name))
    .limit(limit)
    .offset(offset);
  return rows.map(({ model: { nextVersion: _, ...model }, latest, versions: count, aliases: named }) => ({
    ...model,
    latest,
    versions: count,
    aliases: named ?? {},
  }));
}

/** A model's versions, newest first. @throws NotFoundError when there is no such model */
export async function listVersions(
  db: Database,
  project: string,
  name: string,
  { limit = 100, offset = 0 }: { limit?: number | undefined; offset?: number | undefined } = {},
): Promise<readonly FoundVersion[]> {
  const model = await findModel(db, project, name);
  const rows = await db
    .select()
    .from(versions)
    .where(eq(versions.model, model.id))
    .orderBy(desc(versions.version))
    .limit(limit)
    .offset(offset);
  return rows.map((row) => withModel(row, model));
}

/**
 * Finds a version of a model.
 * @param reference a number, an alias, or `latest`
 * @throws NotFoundError when there is none; InputError when the reference is nothing of these
 */
export async function findVersion(
  db: Database,
  project: string,
  name: string,
  reference = 'latest',
): Promise<FoundVersion> {
  const model = await findModel(db, project, name);
  const number = numberOf(model, reference);
  const [row] = await db
    .select()
    .from(versions)
    .where(and(eq(versions.model, model.id), eq(versions.version, number)));
  if (!row)
    throw new NotFoundError(`There is no version ${number} of '${name}': it was deleted, or never made.`);
  return withModel(row, model);
}

function numberOf(model: ModelView, reference: string): number {
  if (/^[1-9]\d{0,8}$/.test(reference)) return Number(reference);
  const found = reference === 'latest' ? model.latest : model.aliases[reference];
  if (found !== undefined && found !== null) return found;
  const known = [...Object.keys(model.aliases), 'latest'].join(', ');
  throw new NotFoundError(
    reference === 'latest'
      ? `The model '${model.name}' has no versions.`
      : `The model '${model.name}' has no alias '${reference}'. There is ${known}.`,
  );
}

function withModel({ model: modelId, ...row }: typeof versions.$inferSelect, model: ModelView): FoundVersion {
  const named = Object.entries(model.aliases)
    .filter(([, version]) => version === row.version)
    .map(([alias]) => alias);
  return { ...row, model: model.name, modelId, aliases: named };
}

/** Points an alias at a version. @throws InputError for a name that is no fit alias; NotFoundError */
export async function setAlias(
  db: Database,
  project: string,
  name: string,
  alias: string,
  reference: string,
): Promise<void> {
  if (!/^[A-Za-z][\w-]{0,49}$/.test(alias) || alias === 'latest') {
    throw new InputError(
      `'${alias.slice(0, 50)}' is no fit alias: take letters, digits, '-' and '_', beginning with a letter; 'latest' is taken.`,
    );
  }
  const { modelId: model, version } = await findVersion(db, project, name, reference);
  const row = { version, at: new Date() };
  await db
    .insert(aliases)
    .values({ model, alias, ...row })
    .onConflictDoUpdate({ target: [aliases.model, aliases.alias], set: row });
}

/** Takes an alias away. @throws NotFoundError when there is no such model or alias */
export async function removeAlias(db: Database, project: string, name: string, alias: string): Promise<void> {
  const { id } = await findModel(db, project, name);
  const gone = await db
    .delete(aliases)
    .where(and(eq(aliases.model, id), eq(aliases.alias, alias)))
    .returning({ alias: aliases.alias });
  if (gone.length === 0) throw new NotFoundError(`The model '${name}' has no alias '${alias}'.`);
}

/** Replaces a version's tags. @throws NotFoundError */
export async function setTags(
  db: Database,
  project: string,
  name: string,
  reference: string,
  tags: readonly string[],
): Promise<void> {
  const { modelId, version } = await findVersion(db, project, name, reference);
  await db
    .update(versions)
    .set({ tags: [...tags] })
    .where(and(eq(versions.model, modelId), eq(versions.version, version)));
}
