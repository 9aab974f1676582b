import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { NotFoundError, StateError } from '../errors.js';
import type { Database } from '../store/database.js';
import type { Store, StoredObject } from '../store/index.js';
import { type JobKind, type JobSpec, jobs, uploads } from '../store/jobSchema.js';

export type JobRow = typeof jobs.$inferSelect;

/** A job that is to be done. */
export interface NewJob {
  /** Chosen by who submits it, so that a submission whose answer was lost can be sent again. */
  readonly id?: string | undefined;
  readonly project: string;
  readonly kind: JobKind;
  /** Task as Hugging Face names it. */
  readonly task: string;
  readonly name: string;
  readonly spec: JobSpec;
  /** The one worker that may do it. */
  readonly on?: string | undefined;
  /** Attempts that may fail one after the other without getting further. Default: 3. */
  readonly attempts?: number | undefined;
  readonly submittedBy: string;
}

/**
 * Puts a job into the queue. One whose id is there already is not put there again.
 * @returns the job, and whether it is new
 * @throws NotFoundError when its data was not uploaded; StateError when the id is another project's
 */
export async function submitJob(
  db: Database,
  { id = randomUUID(), project, kind, task, name, spec, on, attempts = 3, submittedBy }: NewJob,
  now = new Date(),
): Promise<{ readonly job: JobRow; readonly isNew: boolean }> {
  const { data } = spec;
  if (typeof data === 'object') await requireUpload(db, project, data.upload);
  const row = { id, project, kind, task, name, spec, wantedWorker: on ?? null, mostFailures: attempts };
  const times = { availableAt: now, createdAt: now, updatedAt: now };
  const [job] = await db
    .insert(jobs)
    .values({ ...row, ...times, status: 'queued', submittedBy })
    .onConflictDoNothing()
    .returning();
  if (job) return { job, isNew: true };
  const [there] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.project, project)));
  if (!there) throw new StateError(`The id '${id}' is taken. Choose another one, or leave it out.`);
  return { job: there, isNew: false };
}

/** Notes an archive of data that was stored, for jobs to work on. What no job uses is deleted after a day. */
export async function noteUpload(
  db: Database,
  project: string,
  { sha256, size }: StoredObject,
  now = new Date(),
): Promise<void> {
  await db
    .insert(uploads)
    .values({ project, sha256, size, at: now })
    .onConflictDoUpdate({ target: [uploads.project, uploads.sha256], set: { at: now } });
}

/** @throws NotFoundError when the project has no such upload, or its content is gone */
export async function requireUpload(
  db: Pick<Database, 'select'>,
  project: string,
  sha256: string,
  objects?: Store['objects'],
): Promise<StoredObject> {
  const [found] = await db
    .select({ sha256: uploads.sha256, size: uploads.size })
    .from(uploads)
    .where(and(eq(uploads.project, project), eq(uploads.sha256, sha256)));
  if (!found || (objects && !(await objects.has(sha256))))
    throw new NotFoundError(`There is no upload '${sha256}'. Send the data again: POST /api/uploads.`);
  return found;
}
