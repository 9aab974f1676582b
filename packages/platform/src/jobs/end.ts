// How jobs end, and how they are asked for again.
import { eq } from 'drizzle-orm';
import { StateError } from '../errors.js';
import type { Database } from '../store/database.js';
import { checkpoints, type JobResult, jobs } from '../store/jobSchema.js';
import { type Attempt, endRunOf, withAttempt } from './lease.js';
import { findJob } from './query.js';
import type { JobRow } from './submit.js';

/** How an attempt ended. */
export type Outcome =
  | { readonly outcome: 'finished'; readonly result: JobResult }
  /** @param retry whether another attempt may do better */
  | { readonly outcome: 'failed'; readonly error: string; readonly retry: boolean }
  /** It stopped because that was asked for. */
  | { readonly outcome: 'cancelled' }
  /** The worker stops, and gives the job back. */
  | { readonly outcome: 'released' };

/** Milliseconds before another attempt, after one failure, two, ...; each time three times as long, to five minutes. */
export const backOff = (failures: number): number => Math.min(5 * 60_000, 2000 * 3 ** (failures - 1));

/**
 * Ends an attempt, and with it the job, or puts it back into the queue. The same attempt may say so again.
 * @throws StateError when the job went to another attempt
 */
export async function endAttempt(
  db: Database,
  attempt: Attempt,
  ended: Outcome,
  now = new Date(),
): Promise<JobRow> {
  const { project, job: id } = attempt;
  const before = await findJob(db, project, id);
  if (before.attempt === attempt.attempt && before.status !== 'running') return before;
  await withAttempt(db, attempt, async (transaction, job) => {
    const change = changeOf(job, ended, now);
    const isOver = change.status !== 'queued';
    await transaction
      .update(jobs)
      .set({ ...change, leaseUntil: null, updatedAt: now, ...(isOver && { endedAt: now }) })
      .where(eq(jobs.id, id));
    if (change.status === 'finished') await transaction.delete(checkpoints).where(eq(checkpoints.job, id));
    if (isOver && job.run !== null) {
      const status = change.status === 'cancelled' ? 'interrupted' : change.status;
      await endRunOf(transaction, job.run, status, change.error ?? undefined);
    }
  });
  return findJob(db, project, id);
}

interface Change extends Partial<Omit<JobRow, 'status'>> {
  readonly status: 'queued' | 'finished' | 'failed' | 'cancelled';
}

function changeOf(job: JobRow, ended: Outcome, now: Date): Change {
  switch (ended.outcome) {
    case 'finished':
      return { status: 'finished', result: ended.result, error: null };
    case 'cancelled':
      return { status: 'cancelled' };
    case 'released':
      return job.cancelRequested ? { status: 'cancelled' } : { status: 'queued', availableAt: now };
    case 'failed': {
      const failures = job.failures + 1;
      const { error } = ended;
      if (job.cancelRequested) return { status: 'cancelled', failures, error };
      if (!ended.retry || failures >= job.mostFailures) return { status: 'failed', failures, error };
      return { status: 'queued', failures, error, availableAt: new Date(now.getTime() + backOff(failures)) };
    }
  }
}

/**
 * Stops a job: at once while it waits; one that runs keeps a checkpoint first. What is over stays as it is.
 * @throws NotFoundError when there is no such job; StateError when it is over
 */
export async function cancelJob(
  db: Database,
  project: string,
  id: string,
  now = new Date(),
): Promise<JobRow> {
  await db.transaction(async (transaction) => {
    const job = await lockJob(transaction, project, id);
    if (job.status === 'cancelled') return;
    if (job.status === 'running') {
      await transaction.update(jobs).set({ cancelRequested: true, updatedAt: now }).where(eq(jobs.id, id));
      return;
    }
    if (job.status !== 'queued')
      throw new StateError(`The job '${id}' is ${job.status}: there is nothing to cancel.`);
    await transaction
      .update(jobs)
      .set({ status: 'cancelled', endedAt: now, updatedAt: now })
      .where(eq(jobs.id, id));
    if (job.run !== null) await endRunOf(transaction, job.run, 'interrupted');
  });
  return findJob(db, project, id);
}

/**
 * Puts a job that failed or was cancelled into the queue again. It goes on from its last checkpoint.
 * @param fresh whether to begin anew instead
 * @throws StateError when it waits, runs or is finished
 */
export async function retryJob(
  db: Database,
  project: string,
  id: string,
  fresh = false,
  now = new Date(),
): Promise<JobRow> {
  await db.transaction(async (transaction) => {
    const job = await lockJob(transaction, project, id);
    if (job.status !== 'failed' && job.status !== 'cancelled')
      throw new StateError(
        `The job '${id}' is ${job.status}: only one that failed or was cancelled is tried again.`,
      );
    await transaction
      .update(jobs)
      .set({
        status: 'queued',
        failures: 0,
        error: null,
        cancelRequested: false,
        availableAt: now,
        endedAt: null,
        updatedAt: now,
      })
      .where(eq(jobs.id, id));
    if (fresh) await transaction.delete(checkpoints).where(eq(checkpoints.job, id));
  });
  return findJob(db, project, id);
}

async function lockJob(transaction: Database, project: string, id: string): Promise<JobRow> {
  await findJob(transaction, project, id);
  const [job] = await transaction.select().from(jobs).where(eq(jobs.id, id)).for('update');
  return job!;
}
