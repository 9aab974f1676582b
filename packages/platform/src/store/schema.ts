// The tables of the platform. Migrations are made from this file: npm run migrations -w packages/platform.
import { sql } from 'drizzle-orm';
import {
  bigint,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** What may become of a run. A run that no longer tells of itself is lost. */
export const runStatuses = ['running', 'finished', 'failed', 'interrupted', 'lost'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A column for a moment, in milliseconds. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

/** A room for the work of a team: its runs and models are seen by its members alone. */
export const projects = pgTable('projects', {
  name: text('name').primaryKey(),
  createdAt: moment('created_at').notNull().defaultNow(),
});

const project = () =>
  text('project')
    .notNull()
    .references(() => projects.name);

/** A training, or any other work whose course is kept. */
export const runs = pgTable(
  'runs',
  {
    id: uuid('id').primaryKey(),
    project: project(),
    name: text('name').notNull(),
    task: text('task'),
    status: text('status').$type<RunStatus>().notNull(),
    /** Why it failed. */
    error: text('error'),
    parameters: jsonb('parameters').$type<JsonObject>().notNull().default({}),
    /** What it ran on: machine, versions of Node and packages, commit. */
    environment: jsonb('environment').$type<JsonObject>().notNull().default({}),
    tags: text('tags').array().notNull().default(sql`'{}'::text[]`),
    /** sha256 over the training data. */
    dataFingerprint: text('data_fingerprint'),
    createdAt: moment('created_at').notNull(),
    /** When it last told of itself. */
    seenAt: moment('seen_at').notNull(),
    endedAt: moment('ended_at'),
  },
  (table) => [
    index('runs_by_time').on(table.project, table.createdAt.desc(), table.id),
    index('runs_running').on(table.seenAt).where(sql`${table.status} = 'running'`),
  ],
);

const run = () =>
  uuid('run')
    .notNull()
    .references(() => runs.id, { onDelete: 'cascade' });

/** Metrics by step. */
export const points = pgTable(
  'points',
  {
    run: run(),
    metric: text('metric').notNull(),
    step: bigint('step', { mode: 'number' }).notNull(),
    value: doublePrecision('value').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.metric, table.step] })],
);

/** Each metric's last, smallest and largest value, so that lists of runs need not read the points. */
export const summaries = pgTable(
  'summaries',
  {
    run: run(),
    metric: text('metric').notNull(),
    count: integer('count').notNull(),
    last: doublePrecision('last').notNull(),
    lastStep: bigint('last_step', { mode: 'number' }).notNull(),
    /** Of the finite values; null while there is none. */
    least: doublePrecision('least'),
    leastStep: bigint('least_step', { mode: 'number' }),
    greatest: doublePrecision('greatest'),
    greatestStep: bigint('greatest_step', { mode: 'number' }),
  },
  (table) => [primaryKey({ columns: [table.run, table.metric] })],
);

/** What a run wrote for people, line by line. */
export const logs = pgTable(
  'logs',
  {
    run: run(),
    line: integer('line').notNull(),
    at: moment('at').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.line] })],
);

/** Files of a run, by their place in it; the content lies in the object store. */
export const artefacts = pgTable(
  'artefacts',
  {
    run: run(),
    path: text('path').notNull(),
    sha256: text('sha256').notNull(),
    size: bigint('size', { mode: 'number' }).notNull(),
    at: moment('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.run, table.path] }),
    index('artefacts_by_content').on(table.sha256),
  ],
);

/** A model by name; what it is are its versions. */
export const models = pgTable(
  'models',
  {
    id: uuid('id').primaryKey(),
    project: project(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    tags: text('tags').array().notNull().default(sql`'{}'::text[]`),
    /** The number that the next version gets: a number is never given twice. */
    nextVersion: integer('next_version').notNull().default(1),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [uniqueIndex('models_by_name').on(table.project, table.name)],
);

/** A file of a version. */
export interface VersionFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** What a model was at a time. Nothing but its tags ever changes, and it may be deleted. */
export const versions = pgTable(
  'versions',
  {
    model: uuid('model')
      .notNull()
      .references(() => models.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    task: text('task').notNull(),
    files: jsonb('files').$type<readonly VersionFile[]>().notNull(),
    /** sha256 over the list of files. */
    digest: text('digest').notNull(),
    /** Ed25519 over the digest, base64; where the registry has a key. */
    signature: text('signature'),
    /** The run that made it. */
    run: uuid('run').references(() => runs.id, { onDelete: 'set null' }),
    /** The version of the same model that it was trained on from. */
    parent: integer('parent'),
    metrics: jsonb('metrics').$type<Readonly<Record<string, number>>>().notNull().default({}),
    dataFingerprint: text('data_fingerprint'),
    tags: text('tags').array().notNull().default(sql`'{}'::text[]`),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.version] })],
);

/** Names that point at a version, such as `champion`. */
export const aliases = pgTable(
  'aliases',
  {
    model: uuid('model').notNull(),
    alias: text('alias').notNull(),
    version: integer('version').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.alias] }),
    foreignKey({ columns: [table.model, table.version], foreignColumns: [versions.model, versions.version] }),
  ],
);

/** Models that answer requests, and with which version. */
export const deployments = pgTable(
  'deployments',
  {
    model: uuid('model')
      .primaryKey()
      .references(() => models.id, { onDelete: 'cascade' }),
    /** What was asked for: a number, an alias, or `latest`. */
    reference: text('reference').notNull(),
    version: integer('version').notNull(),
    replicas: integer('replicas'),
    queueSize: integer('queue_size'),
    /** The most examples that are run together, and milliseconds that the first of them waits for others. */
    batchSize: integer('batch_size'),
    batchWindow: doublePrecision('batch_window'),
    at: moment('at').notNull(),
  },
  (table) => [
    foreignKey({ columns: [table.model, table.version], foreignColumns: [versions.model, versions.version] }),
  ],
);

/** Further versions of deployed models: those that get a share of the requests, and those that get copies. */
export const challengers = pgTable(
  'challengers',
  {
    model: uuid('model')
      .notNull()
      .references(() => deployments.model, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    /** Per cent of the requests; 0 for one that gets copies of them and whose answers go nowhere. */
    share: doublePrecision('share').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.model, table.version] }),
    foreignKey({ columns: [table.model, table.version], foreignColumns: [versions.model, versions.version] }),
  ],
);

/** Who changed what. Rows are only ever added. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment('at').notNull(),
    project: text('project'),
    /** Who did it: a key or a user by name, or `local`. */
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    details: jsonb('details').$type<JsonObject>().notNull().default({}),
  },
  (table) => [index('audit_by_time').on(table.at.desc())],
);

/** What programs sign in with. The secret itself is never stored. */
export const keys = pgTable('keys', {
  /** The public beginning of the key. */
  id: text('id').primaryKey(),
  project: project(),
  name: text('name').notNull(),
  /** sha256 of the whole key. */
  hash: text('hash').notNull(),
  role: text('role').$type<Role>().notNull(),
  /** Names of the models that it may call; all where it is null. */
  models: text('models').array(),
  createdAt: moment('created_at').notNull(),
  expiresAt: moment('expires_at'),
  revokedAt: moment('revoked_at'),
  usedAt: moment('used_at'),
});

/** People, who sign in with a password. */
export const users = pgTable('users', {
  name: text('name').primaryKey(),
  /** argon2id. */
  password: text('password').notNull(),
  createdAt: moment('created_at').notNull(),
  signedInAt: moment('signed_in_at'),
});

const user = () =>
  text('user')
    .notNull()
    .references(() => users.name, { onDelete: 'cascade' });

/** What people may do in which projects. */
export const members = pgTable(
  'members',
  {
    user: user(),
    project: project(),
    role: text('role').$type<Role>().notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.user, table.project] }),
    index('members_by_project').on(table.project),
  ],
);

/** People who are signed in. The token itself is never stored. */
export const sessions = pgTable(
  'sessions',
  {
    /** sha256 of the token. */
    hash: text('hash').primaryKey(),
    user: user(),
    /** The project that they look at. */
    project: project(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('sessions_by_user').on(table.user)],
);

/** What may be asked of models in a minute and in a month; null where there is no bound. */
export const quotas = pgTable(
  'quotas',
  {
    project: project(),
    /** Id of the key that it is for; each of a project's callers together where it is empty. */
    key: text('key').notNull().default(''),
    /** Name of the model that it is for; all together where it is empty. */
    model: text('model').notNull().default(''),
    requestsPerMinute: integer('requests_per_minute'),
    tokensPerMinute: integer('tokens_per_minute'),
    requestsPerMonth: bigint('requests_per_month', { mode: 'number' }),
    tokensPerMonth: bigint('tokens_per_month', { mode: 'number' }),
  },
  (table) => [primaryKey({ columns: [table.project, table.key, table.model] })],
);

/** What was asked of models, summed up by the hour. */
export const usage = pgTable(
  'usage',
  {
    /** When the hour began. */
    hour: moment('hour').notNull(),
    project: project(),
    /** Id of the key; empty where a person asked. */
    key: text('key').notNull(),
    /** Who asked: a key or a user by name, or `local`. */
    caller: text('caller').notNull(),
    model: text('model').notNull(),
    version: text('version').notNull(),
    /** HTTP status. */
    status: integer('status').notNull(),
    requests: bigint('requests', { mode: 'number' }).notNull(),
    tokens: bigint('tokens', { mode: 'number' }).notNull(),
    /** Bytes of the requests' bodies. */
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    milliseconds: doublePrecision('milliseconds').notNull(),
    /** Seconds that workers had jobs for the caller. */
    jobSeconds: doublePrecision('job_seconds').notNull().default(0),
  },
  (table) => [
    primaryKey({
      columns: [table.project, table.hour, table.key, table.caller, table.model, table.version, table.status],
    }),
  ],
);

/** How a model is looked at for drift. */
export interface DriftSettings {
  /** `baseline` records what comes as the training data; `watch` compares with it. */
  readonly mode: 'baseline' | 'watch';
  /** Of the requests that are looked at, 0 to 1. */
  readonly share: number;
  /** Population stability index that counts as drift. */
  readonly threshold: number;
  /** Examples that are compared at once. */
  readonly window: number;
  /** An address that is told when drift begins and ends. */
  readonly webhook: string | null;
}

/** By version and feature, how the training data is spread over bins: the borders between them, and how many lie in each. */
export type DriftBaselines = Readonly<
  Record<
    string,
    Readonly<Record<string, { readonly borders: readonly number[]; readonly counts: readonly number[] }>>
  >
>;

/** Models that are looked at for drift. */
export const drift = pgTable('drift', {
  model: uuid('model')
    .primaryKey()
    .references(() => models.id, { onDelete: 'cascade' }),
  settings: jsonb('settings').$type<DriftSettings>().notNull(),
  baselines: jsonb('baselines').$type<DriftBaselines>().notNull(),
});

/** Roles of keys. */
export const roles = ['admin', 'developer', 'caller', 'worker'] as const;
export type Role = (typeof roles)[number];

/** Roles that people may have: a worker is none. */
export const personRoles = ['admin', 'developer', 'caller'] as const;
