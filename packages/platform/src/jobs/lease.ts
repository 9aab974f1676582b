// Who has a job: a worker claims it, tells that it lives, and loses it when it does not.
import { and, eq, sql } from 'drizzle-orm';
import { NotFoundError, StateError } from '../errors.js';
import { endRun } from '../runs/record.js';
import type { Database } from '../store/database.js';
import { rowsOf } from '../store/database.js';
import { type JobProgress, type JobStatus, jobs } from '../store/jobSchema.js';
import { findJob } from './query.js';
import type { JobRow } from './submit.js';

/** Who asks for work. */
export interface Claim {
  /** Default: jobs of every project. */
  readonly project?: string | undefined;
  /** Name of the worker. */
  readonly worker: string;
  /** Milliseconds until the job goes to another worker, unless this one tells that it lives. */
  readonly lease: number;
}

/**
 * Gives the job that has waited longest to a worker: one job to one worker, however many ask at once.
 * @returns undefined when there is nothing to do
 */
export async function claimJob(
  db: Database,
  { project, worker, lease }: Claim,
  now = new Date(),
): Promise<JobRow | undefined> {
  await expireLeases(db, now);
  const moment = now.toISOString();
  const [claimed] = await rowsOf<{ id: string; project: string }>(
    db,
    sql`
    update jobs set status = 'running', attempt = attempt + 1, worker = ${worker}, progress = null,
      lease_until = ${new Date(now.getTime() + lease).toISOString()}::timestamptz,
      started_at = coalesce(started_at, ${moment}::timestamptz), updated_at = ${moment}::timestamptz
    where id = (
      select id from jobs
      where ${project === undefined ? sql`true` : sql`project = ${project}`} and status = 'queued' and available_at <= ${moment}::timestamptz
        and (wanted_worker is null or wanted_worker = ${worker})
      order by available_at, created_at, id
      limit 1
      for update skip locked
    )
    returning id, project`,
  );
  return claimed && findJob(db, claimed.project, claimed.id);
}

/** Takes jobs from workers that told nothing of themselves while they had them. @returns how many */
export async function expireLeases(db: Database, now = new Date()): Promise<number> {
  const moment = now.toISOString();
  const expired = await rowsOf<{ id: string; project: string; status: JobStatus; run: string | null }>(
    db,
    sql`
    update jobs set
      status = case when cancel_requested then 'cancelled' when failures + 1 >= most_failures then 'failed' else 'queued' end,
      failures = failures + 1,
      error = case when cancel_requested then error
        else format('The worker ''%s'' told nothing of itself any more in attempt %s.', worker, attempt) end,
      available_at = ${moment}::timestamptz, lease_until = null, updated_at = ${moment}::timestamptz,
      ended_at = case when cancel_requested or failures + 1 >= most_failures then ${moment}::timestamptz end
    where id in (
      select id from jobs where status = 'running' and lease_until < ${moment}::timestamptz for update skip locked
    )
    returning id, project, status, run`,
  );
  for (const { status, run, id, project } of expired) {
    if (status === 'queued' || run === null) continue;
    const { error } = await findJob(db, project, id);
    await endRunOf(db, run, status === 'cancelled' ? 'interrupted' : 'failed', error ?? undefined);
  }
  return expired.length;
}

/** Gives all workers their jobs for a while longer: none could tell of itself while the platform was not there. */
export async function extendLeases(db: Database, lease: number, now = new Date()): Promise<void> {
  const until = new Date(now.getTime() + lease).toISOString();
  await db
    .update(jobs)
    .set({ leaseUntil: sql`greatest(${jobs.leaseUntil}, ${until}::timestamptz)` })
    .where(eq(jobs.status, 'running'));
}

/** A worker's attempt at a job. Its number is the fence: what an earlier attempt writes is refused. */
export interface Attempt {
  readonly project: string;
  readonly job: string;
  readonly attempt: number;
}

/**
 * Does a worker's work on a job in one transaction, in which nobody else can get the job.
 * @throws StateError when the job is no longer this attempt's; NotFoundError when there is no such job
 */
export async function withAttempt<Result>(
  db: Database,
  { project, job: id, attempt }: Attempt,
  work: (transaction: Database, job: JobRow) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (transaction) => {
    const [job] = await transaction
      .select()
      .from(jobs)
      .where(and(sql`${jobs.id}::text = ${id}`, eq(jobs.project, project)))
      .for('update');
    if (!job) throw new NotFoundError(`There is no job '${id}' in the project '${project}'.`);
    if (job.attempt !== attempt || job.status !== 'running') throw lost(job, attempt);
    return work(transaction, job);
  });
}

function lost({ id, status, attempt: current, worker }: JobRow, attempt: number): StateError {
  const now = attempt === current ? `it is ${status}` : `attempt ${current} has it now, by '${worker}'`;
  return new StateError(`Attempt ${attempt} no longer has the job '${id}': ${now}.`);
}

/** What a worker is told when it tells that it lives. */
export interface Renewed {
  /** Whether somebody wants the job to stop. */
  readonly cancel: boolean;
  /** The job as it was before. */
  readonly job: JobRow;
}

/** Seconds since a worker told last that it has a job. */
export function secondsSince({ status, leaseUntil }: JobRow, lease: number, now: Date): number {
  if (status !== 'running' || leaseUntil === null) return 0;
  const told = leaseUntil.getTime() - lease;
  return Math.min(lease, Math.max(0, now.getTime() - told)) / 1000;
}

/** Keeps a job for the worker that has it, and notes how far it has come. @throws as withAttempt */
export async function renewLease(
  db: Database,
  attempt: Attempt,
  lease: number,
  progress?: JobProgress,
  now = new Date(),
): Promise<Renewed> {
  return withAttempt(db, attempt, async (transaction, job) => {
    await transaction
      .update(jobs)
      .set({
        leaseUntil: new Date(now.getTime() + lease),
        ...(progress && { progress, updatedAt: now }),
      })
      .where(eq(jobs.id, job.id));
    return { cancel: job.cancelRequested, job };
  });
}

/** Ends a run that has not ended. */
export async function endRunOf(
  db: Database,
  run: string,
  status: 'finished' | 'failed' | 'interrupted',
  error?: string,
): Promise<void> {
  await endRun(db, run, status, error).catch((fault: Error) => {
    if (!(fault instanceof StateError)) throw fault;
  });
}
