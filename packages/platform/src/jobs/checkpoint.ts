// A job's checkpoint: files as the training wrote them, so that another worker can go on from there.
import { eq } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import type { Store } from '../store/index.js';
import { checkpoints, jobs } from '../store/jobSchema.js';
import type { VersionFile } from '../store/schema.js';
import { type Attempt, withAttempt } from './lease.js';

/** The most files of a checkpoint. */
const mostFiles = 10_000;

/** The files of a job's last checkpoint. @throws StateError when the job is no longer this attempt's */
export async function checkpointOf({ db }: Store, attempt: Attempt): Promise<readonly VersionFile[]> {
  return withAttempt(db, attempt, (transaction, { id }) =>
    transaction
      .select({ path: checkpoints.path, sha256: checkpoints.sha256, size: checkpoints.size })
      .from(checkpoints)
      .where(eq(checkpoints.job, id))
      .orderBy(checkpoints.path),
  );
}

/**
 * Makes these files the job's checkpoint, whole or not at all. The attempt has got further by that: its failures so far no longer count.
 * @returns the sha256 of contents that are missing: send them, then try again. None: the checkpoint is kept.
 * @throws StateError when the job is no longer this attempt's
 */
export async function keepCheckpoint(
  { db, objects }: Store,
  attempt: Attempt,
  files: readonly VersionFile[],
  now = new Date(),
): Promise<readonly string[]> {
  if (files.length > mostFiles) throw new InputError(`A checkpoint has at most ${mostFiles} files.`);
  return withAttempt(db, attempt, async (transaction, { id }) => {
    const contents = new Set(files.map(({ sha256 }) => sha256));
    const missing: string[] = [];
    for (const sha256 of contents) if (!(await objects.has(sha256))) missing.push(sha256);
    if (missing.length > 0) return missing;
    await transaction.delete(checkpoints).where(eq(checkpoints.job, id));
    if (files.length > 0)
      await transaction.insert(checkpoints).values(files.map((file) => ({ ...file, job: id })));
    await transaction.update(jobs).set({ failures: 0, updatedAt: now }).where(eq(jobs.id, id));
    return [];
  });
}

/** @throws NotFoundError when no file of the job's checkpoint has this content */
export async function requireInCheckpoint(
  store: Store,
  attempt: Attempt,
  sha256: string,
): Promise<VersionFile> {
  const found = (await checkpointOf(store, attempt)).find((file) => file.sha256 === sha256);
  if (!found || !(await store.objects.has(sha256)))
    throw new NotFoundError(`The checkpoint has no content '${sha256}'.`);
  return found;
}
