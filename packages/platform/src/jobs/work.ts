// What a worker tells of a job that it has: the run, and the model that came of it.
import { eq } from 'drizzle-orm';
import { addVersion, type PreparedVersion } from '../registry/index.js';
import { countLines, createRun, reopenRun } from '../runs/record.js';
import type { Database } from '../store/database.js';
import { jobs } from '../store/jobSchema.js';
import type { JsonObject } from '../store/schema.js';
import { type Attempt, withAttempt } from './lease.js';

/** Begins the run of a job, or goes on with it where an earlier attempt began it. @returns its id, and how many lines its log has */
export async function beginRun(
  db: Database,
  attempt: Attempt,
  environment: JsonObject,
): Promise<{ readonly id: string; readonly lines: number }> {
  return withAttempt(db, attempt, async (transaction, { id, run, project, name, task, kind, spec }) => {
    if (run !== null) {
      await reopenRun(transaction, run);
      return { id: run, lines: await countLines(transaction, run) };
    }
    const created = await createRun(transaction, {
      project,
      name,
      task,
      parameters: spec.parameters,
      environment,
      tags: [`job:${kind}`],
    });
    await transaction.update(jobs).set({ run: created, updatedAt: new Date() }).where(eq(jobs.id, id));
    return { id: created, lines: 0 };
  });
}

/**
 * Makes what a job has trained a version of a model: once for the job, however often its attempts ask for it.
 * @returns the version that the job has, and whether it is new
 */
export async function publishOnce(
  db: Database,
  attempt: Attempt,
  prepared: PreparedVersion,
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  return withAttempt(db, attempt, async (transaction, { id, run, version: there }) => {
    if (there !== null) return { version: there, isNew: false };
    const { model, version } = await addVersion(transaction, { ...prepared, run: run ?? undefined });
    await transaction.update(jobs).set({ model, version, updatedAt: new Date() }).where(eq(jobs.id, id));
    return { version, isNew: true };
  });
}
