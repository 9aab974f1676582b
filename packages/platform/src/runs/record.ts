// What a run tells of itself, written to the store while it goes on.
import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { InputError, NotFoundError, StateError } from '../errors.js';
import type { Database } from '../store/database.js';
import type { StoredObject } from '../store/index.js';
import { artefacts, type JsonObject, logs, type RunStatus, runs } from '../store/schema.js';

/** What is known of a run when it begins. */
export interface NewRun {
  readonly project: string;
  readonly name: string;
  /** Task as Hugging Face names it. */
  readonly task?: string | undefined;
  readonly parameters?: JsonObject | undefined;
  readonly environment?: JsonObject | undefined;
  readonly dataFingerprint?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** A metric's value at a step. */
export interface Point {
  readonly metric: string;
  readonly step: number;
  readonly value: number;
  readonly at: Date;
}

/** Begins a run. @returns its id */
export async function createRun(db: Database, run: NewRun, now = new Date()): Promise<string> {
  const id = randomUUID();
  await db.insert(runs).values({
    id,
    project: run.project,
    name: run.name,
    task: run.task ?? null,
    status: 'running',
    parameters: run.parameters ?? {},
    environment: run.environment ?? {},
    dataFingerprint: run.dataFingerprint ?? null,
    tags: [...(run.tags ?? [])],
    createdAt: now,
    seenAt: now,
  });
  return id;
}

/**
 * Adds values of metrics. A step that was told before is overwritten, as when a training goes on from a checkpoint.
 * @throws NotFoundError when there is no such run; StateError when it has ended
 */
export async function addPoints(db: Database, run: string, points: readonly Point[]): Promise<void> {
  const single = new Map(points.map((point) => [`${point.step} ${point.metric}`, point]));
  if (single.size === 0) return;
  const column = (of: (point: Point) => string | number): string =>
    arrayText(Array.from(single.values(), of));
  await db.transaction(async (transaction) => {
    await requireRunning(transaction, run);
    await transaction.execute(sql`
      with written as (
        insert into points (run, metric, step, value, at)
        select ${run}::uuid, metric, step, value, at
        from unnest(
          ${column(({ metric }) => metric)}::text[],
          ${column(({ step }) => step)}::bigint[],
          ${column(({ value }) => value)}::float8[],
          ${column(({ at }) => at.toISOString())}::timestamptz[]
        ) as given (metric, step, value, at)
        on conflict (run, metric, step) do update set value = excluded.value, at = excluded.at
        returning metric, step, value, (xmax = 0) as fresh
      ), finite as (
        select * from written where value not in ('NaN', 'Infinity', '-Infinity')
      ), ends as (
        select metric, count(*) filter (where fresh) as count, max(step) as last_step,
          (array_agg(value order by step desc))[1] as last
        from written group by metric
      ), bounds as (
        select metric, min(value) as least, (array_agg(step order by value, step))[1] as least_step,
          max(value) as greatest, (array_agg(step order by value desc, step))[1] as greatest_step
        from finite group by metric
      )
      insert into summaries as old (run, metric, count, last, last_step, least, least_step, greatest, greatest_step)
      select ${run}::uuid, metric, count, last, last_step, least, least_step, greatest, greatest_step
      from ends left join bounds using (metric)
      on conflict (run, metric) do update set
        count = old.count + excluded.count,
        last = case when excluded.last_step >= old.last_step then excluded.last else old.last end,
        last_step = greatest(old.last_step, excluded.last_step),
        least_step = case when old.least is null or excluded.least < old.least
          then excluded.least_step else old.least_step end,
        least = least(old.least, excluded.least),
        greatest_step = case when old.greatest is null or excluded.greatest > old.greatest
          then excluded.greatest_step else old.greatest_step end,
        greatest = greatest(old.greatest, excluded.greatest)`);
  });
}

/**
 * Adds lines to what the run wrote for people.
 * @param first number of the first, from 1: lines that are there already, as their acknowledgement was lost, are not added again. Default:
 *   they are new
 * @throws as addPoints; InputError where lines before the first are missing
 */
export async function addLines(
  db: Database,
  run: string,
  lines: readonly { readonly text: string; readonly at: Date }[],
  first?: number,
): Promise<void> {
  if (lines.length === 0) return;
  await db.transaction(async (transaction) => {
    await requireRunning(transaction, run);
    const count = await countLines(transaction, run);
    const from = first ?? count + 1;
    if (from > count + 1)
      throw new InputError(`Line ${from} would come after line ${count}: send those between first.`);
    await transaction
      .insert(logs)
      .values(lines.map(({ text, at }, i) => ({ run, line: from + i, text, at })))
      .onConflictDoNothing();
  });
}

/** How many lines a run has written. */
export async function countLines(db: Pick<Database, 'select'>, run: string): Promise<number> {
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(logs).where(eq(logs.run, run));
  return row!.count;
}

/** Keeps a file of a run, whose content is stored; one of the same path is replaced. @throws as addPoints */
export async function addArtefact(
  db: Database,
  run: string,
  path: string,
  object: StoredObject,
): Promise<void> {
  await db.transaction(async (transaction) => {
    await requireRunning(transaction, run);
    const row = { ...object, at: new Date() };
    await transaction
      .insert(artefacts)
      .values({ run, path, ...row })
      .onConflictDoUpdate({ target: [artefacts.run, artefacts.path], set: row });
  });
}

/** Ends a run. @throws NotFoundError when there is no such run; StateError when it has ended already */
export async function endRun(
  db: Database,
  run: string,
  status: Exclude<RunStatus, 'running'>,
  error?: string,
): Promise<void> {
  const now = new Date();
  await db.transaction(async (transaction) => {
    await requireRunning(transaction, run);
    await transaction
      .update(runs)
      .set({ status, error: error ?? null, endedAt: now, seenAt: now })
      .where(eq(runs.id, run));
  });
}

/** Goes on with a run that ended or was lost: its training was resumed. @throws NotFoundError when there is no such run */
export async function reopenRun(db: Database, run: string): Promise<void> {
  const found = await db
    .update(runs)
    .set({ status: 'running', error: null, endedAt: null, seenAt: new Date() })
    .where(eq(runs.id, run))
    .returning({ id: runs.id });
  if (found.length === 0) throw new NotFoundError(`There is no run '${run}'.`);
}

/** Marks runs that have told nothing of themselves for so many milliseconds as lost. @returns their ids */
export async function markLost(db: Database, silence: number, now = new Date()): Promise<readonly string[]> {
  const before = new Date(now.getTime() - silence);
  const lost = await db
    .update(runs)
    .set({ status: 'lost', endedAt: now })
    .where(and(eq(runs.status, 'running'), sql`${runs.seenAt} < ${before.toISOString()}`))
    .returning({ id: runs.id });
  return lost.map(({ id }) => id);
}

/** Two clocks: one that people set, and one that never jumps; in milliseconds. */
export interface Clocks {
  readonly wall: () => number;
  readonly steady: () => number;
}

/**
 * What marks runs as lost that have told nothing of themselves for so many milliseconds, whenever it is called. When the clock was set
 * ahead, or the machine slept, runs have that time anew to tell that they live.
 */
export function lostRunsMarker(
  db: Database,
  silence: number,
  { wall, steady }: Clocks = { wall: Date.now, steady: () => performance.now() },
): () => Promise<readonly string[]> {
  const jump = (): number => wall() - steady();
  let [before, from] = [jump(), 0];
  return async () => {
    if (jump() - before > silence / 10) from = steady() + silence;
    before = jump();
    return steady() < from ? [] : markLost(db, silence, new Date(wall()));
  };
}

/** Locks a run's row until the transaction ends, and notes that it lives. */
async function requireRunning(db: Pick<Database, 'update' | 'select'>, run: string): Promise<void> {
  const seen = await db
    .update(runs)
    .set({ seenAt: new Date() })
    .where(and(eq(runs.id, run), eq(runs.status, 'running')))
    .returning({ id: runs.id });
  if (seen.length > 0) return;
  const [found] = await db.select({ status: runs.status }).from(runs).where(eq(runs.id, run));
  if (!found) throw new NotFoundError(`There is no run '${run}'.`);
  throw new StateError(`The run '${run}' has ended (${found.status}): nothing can be added to it.`);
}

/** An array as PostgreSQL reads it. */
function arrayText(values: readonly (string | number)[]): string {
  const text = values.map((value) =>
    typeof value === 'number' ? String(value) : `"${value.replaceAll(/["\\]/g, '\\$&')}"`,
  );
  return `{${text.join(',')}}`;
}
