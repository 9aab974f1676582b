import { and, eq, sql } from 'drizzle-orm';
import { StateError } from '../errors.js';
import { type Database, rowsOf } from '../store/database.js';
import type { Store } from '../store/index.js';
import { challengers, deployments, versions } from '../store/schema.js';
import { findVersion } from './query.js';

/**
 * Deletes a version; its number is not given again. Its files go with the next `collectGarbage`.
 * @throws StateError when an alias points at it or it is deployed; NotFoundError when there is none
 */
export async function deleteVersion(
  db: Database,
  project: string,
  name: string,
  reference: string,
): Promise<void> {
  const { modelId, version, aliases } = await findVersion(db, project, name, reference);
  if (aliases.length > 0) {
    throw new StateError(
      `Version ${version} of '${name}' is ${aliases.join(', ')}: point the alias at another version first, or remove it.`,
    );
  }
  const deployed = await Promise.all(
    [deployments, challengers].map((table) =>
      db
        .select({ version: table.version })
        .from(table)
        .where(and(eq(table.model, modelId), eq(table.version, version))),
    ),
  );
  if (deployed.flat().length > 0) {
    throw new StateError(
      `Version ${version} of '${name}' is deployed: deploy another one first, or end the deployment.`,
    );
  }
  await db.delete(versions).where(and(eq(versions.model, modelId), eq(versions.version, version)));
}

/** What was removed from the object store. */
export interface Collected {
  readonly objects: number;
  readonly bytes: number;
}

/** An upload that is not yet part of a version must not go: what is younger than this stays, in milliseconds. */
const leastAge = 60 * 60_000;

/** Data that was sent for jobs stays this long without one that may still need it, in milliseconds. */
const uploadAge = 24 * leastAge;

/** Deletes contents that no version, no run and no job has any more. */
export async function collectGarbage({ db, objects }: Store, now = new Date()): Promise<Collected> {
  await db.execute(sql`
    delete from uploads where at < ${new Date(now.getTime() - uploadAge).toISOString()}::timestamptz and not exists (
      select from jobs where jobs.project = uploads.project and spec->'data'->>'upload' = sha256 and status <> 'finished'
    )`);
  const rows = await rowsOf<{ sha256: string }>(
    db,
    sql`
    select sha256 from artefacts
    union
    select sha256 from checkpoints
    union
    select sha256 from uploads
    union
    select file->>'sha256' from versions, jsonb_array_elements(files) as file`,
  );
  const used = new Set(rows.map(({ sha256 }) => sha256));
  let count = 0;
  let bytes = 0;
  for await (const { sha256, size, modified } of objects.list()) {
    if (used.has(sha256) || now.getTime() - modified.getTime() < leastAge) continue;
    await objects.delete(sha256);
    count++;
    bytes += size;
  }
  return { objects: count, bytes };
}
