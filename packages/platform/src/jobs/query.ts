import { and, asc, desc, eq } from 'drizzle-orm';
import { NotFoundError } from '../errors.js';
import type { Database } from '../store/database.js';
import { type JobKind, type JobStatus, jobs } from '../store/jobSchema.js';
import { offsetOf, placeOf } from '../store/pages.js';
import type { JobRow } from './submit.js';

/** Which jobs to list. */
export interface JobFilter {
  readonly project: string;
  readonly status?: JobStatus | undefined;
  readonly kind?: JobKind | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  /** Where the page before ended: its `next`. */
  readonly after?: string | undefined;
}

/** A page of a project's jobs, the newest first. @throws InputError when `after` is nothing that a page gave */
export async function listJobs(
  db: Database,
  { project, status, kind, limit = 50, after }: JobFilter,
): Promise<{ readonly jobs: readonly JobRow[]; readonly next?: string }> {
  const offset = offsetOf(after, 'jobs');
  const found = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.project, project), status && eq(jobs.status, status), kind && eq(jobs.kind, kind)))
    .orderBy(desc(jobs.createdAt), asc(jobs.id))
    .limit(limit + 1)
    .offset(offset);
  return { jobs: found.slice(0, limit), ...(found.length > limit && { next: placeOf(offset + limit) }) };
}

/** One job. @throws NotFoundError when the project has no such job */
export async function findJob(db: Pick<Database, 'select'>, project: string, id: string): Promise<JobRow> {
  const [job] = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
    ? await db
        .select()
        .from(jobs)
        .where(and(eq(jobs.id, id), eq(jobs.project, project)))
    : [];
  if (!job) throw new NotFoundError(`There is no job '${id}' in the project '${project}'.`);
  return job;
}

/** How many jobs of all projects are in a state. */
export async function countJobs(db: Database, status: JobStatus): Promise<number> {
  return db.$count(jobs, eq(jobs.status, status));
}
