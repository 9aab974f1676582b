// The tables of jobs: work that workers do.
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { type JsonObject, models, moment, projects, runs } from './schema.js';

/** What a worker can do. */
export const jobKinds = ['train', 'evaluate', 'predict'] as const;
export type JobKind = (typeof jobKinds)[number];

/** What may become of a job. The last three are for good, unless somebody asks for it again. */
export const jobStatuses = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** What to work on: a path on the worker or the name of a data set, or what was uploaded. */
export type JobData = string | { readonly upload: string; readonly name: string };

/** What is to be done. */
export interface JobSpec {
  /** The options of the task, as on the command line, by their names in camel case. */
  readonly parameters: JsonObject;
  /** A generator of pictures takes no data to predict on. */
  readonly data?: JobData | undefined;
  /** The version of a model that is measured or asked. */
  readonly model?: { readonly name: string; readonly version: number } | undefined;
  /** The model that what is trained becomes a version of. */
  readonly publish?: string | undefined;
  /** How predictions are written. */
  readonly format?: 'jsonl' | 'csv' | undefined;
}

/** How far an attempt has come. */
export interface JobProgress {
  /** Share of the work that is done, 0 to 1. */
  readonly share: number;
  /** Seconds that are left, guessed; undefined while nobody can know. */
  readonly secondsLeft?: number | undefined;
  /** Of a training. */
  readonly epoch?: number | undefined;
  readonly epochs?: number | undefined;
  readonly step?: number | undefined;
  readonly stepsPerEpoch?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** What came of a job that is finished. */
export interface JobResult {
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** Examples that were measured, or inputs that were asked about. */
  readonly examples?: number | undefined;
  /** Inputs that no prediction could be made of. */
  readonly failures?: number | undefined;
  readonly seconds?: number | undefined;
}

/** Work that workers do, and the queue of it. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    project: text('project')
      .notNull()
      .references(() => projects.name),
    kind: text('kind').$type<JobKind>().notNull(),
    /** Task as Hugging Face names it. */
    task: text('task').notNull(),
    name: text('name').notNull(),
    spec: jsonb('spec').$type<JobSpec>().notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    /** The one worker that may do it; any where it is null. */
    wantedWorker: text('wanted_worker'),
    /** How often it was given to a worker. A worker's word counts while its attempt is the last one. */
    attempt: integer('attempt').notNull().default(0),
    /** Attempts that failed one after the other without a new checkpoint. */
    failures: integer('failures').notNull().default(0),
    /** So many such failures end it. */
    mostFailures: integer('most_failures').notNull(),
    /** The worker that has it, or had it last. */
    worker: text('worker'),
    /** Until when the worker has it without telling of itself. */
    leaseUntil: moment('lease_until'),
    /** When it may be given to a worker. */
    availableAt: moment('available_at').notNull(),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    progress: jsonb('progress').$type<JobProgress>(),
    result: jsonb('result').$type<JobResult>(),
    /** Why it failed, or its last attempt did. */
    error: text('error'),
    run: uuid('run').references(() => runs.id, { onDelete: 'set null' }),
    /** The model that was published, once for the job. */
    model: uuid('model').references(() => models.id, { onDelete: 'set null' }),
    version: integer('version'),
    submittedBy: text('submitted_by').notNull(),
    createdAt: moment('created_at').notNull(),
    startedAt: moment('started_at'),
    endedAt: moment('ended_at'),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    index('jobs_by_time').on(table.project, table.createdAt.desc(), table.id),
    index('jobs_queued').on(table.availableAt, table.createdAt).where(sql`${table.status} = 'queued'`),
    index('jobs_running').on(table.leaseUntil).where(sql`${table.status} = 'running'`),
  ],
);

/** The files of a job's last checkpoint; the contents lie in the object store. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    job: uuid('job')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    path: text('path').notNull(),
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.path] })],
);

/** Archives of data that were sent for jobs. */
export const uploads = pgTable(
  'uploads',
  {
    project: text('project')
      .notNull()
      .references(() => projects.name),
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
    at: moment('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.project, table.sha256] })],
);
