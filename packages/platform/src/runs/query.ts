// Runs as people look at them: lists with summaries, and one run's metrics in as many points as a chart has room for.
import { and, arrayContains, asc, desc, eq, ilike, inArray, or, type SQL, sql } from 'drizzle-orm';
import { NotFoundError } from '../errors.js';
import { type Database, rowsOf } from '../store/database.js';
import { offsetOf, placeOf } from '../store/pages.js';
import { artefacts, logs, type RunStatus, runs, summaries } from '../store/schema.js';

/** A metric in short. `least` and `greatest` are null where no value was finite. */
export interface MetricSummary {
  readonly count: number;
  readonly last: number;
  readonly lastStep: number;
  readonly least: number | null;
  readonly leastStep: number | null;
  readonly greatest: number | null;
  readonly greatestStep: number | null;
}

export type RunRow = typeof runs.$inferSelect;

/** A run with its metrics in short. */
export interface RunView extends RunRow {
  readonly metrics: Readonly<Record<string, MetricSummary>>;
}

export interface RunFilter {
  readonly project: string;
  readonly status?: RunStatus | undefined;
  readonly task?: string | undefined;
  readonly tag?: string | undefined;
  /** Part of the name. */
  readonly search?: string | undefined;
  /** A metric to sort by, its best value first; without it the newest run is first. */
  readonly metric?: string | undefined;
  /** Which values of the metric are better. Default: 'max'. */
  readonly mode?: 'min' | 'max' | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  /** Where the page before ended: its `next`. */
  readonly after?: string | undefined;
}

/** A page of runs. */
export interface RunPage {
  readonly runs: readonly RunView[];
  /** What to give as `after` for the next page; undefined on the last. */
  readonly next?: string;
}

/** A page of a project's runs. @throws InputError when `after` is nothing that a page gave */
export async function listRuns(db: Database, filter: RunFilter): Promise<RunPage> {
  const { metric, mode = 'max', limit = 50, after } = filter;
  const offset = offsetOf(after, 'runs');
  const best = mode === 'max' ? summaries.greatest : summaries.least;
  const order = mode === 'max' ? sql`${best} desc nulls last` : sql`${best} asc nulls last`;
  const query = db.select({ run: runs }).from(runs).$dynamic();
  if (metric !== undefined) {
    query.leftJoin(summaries, and(eq(summaries.run, runs.id), eq(summaries.metric, metric)));
  }
  const found = await query
    .where(and(...conditionsOf(filter)))
    .orderBy(...(metric === undefined ? [] : [order]), desc(runs.createdAt), asc(runs.id))
    .limit(limit + 1)
    .offset(offset);
  const page = found.slice(0, limit).map(({ run }) => run);
  const metrics = await summariesOf(
    db,
    page.map(({ id }) => id),
  );
  return {
    runs: page.map((run) => ({ ...run, metrics: metrics.get(run.id) ?? {} })),
    ...(found.length > limit && { next: placeOf(offset + limit) }),
  };
}

function conditionsOf({ project, status, task, tag, search }: RunFilter): (SQL | undefined)[] {
  return [
    eq(runs.project, project),
    status && eq(runs.status, status),
    task !== undefined ? eq(runs.task, task) : undefined,
    tag !== undefined ? arrayContains(runs.tags, [tag]) : undefined,
    search
      ? or(ilike(runs.name, `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`), eq(sql`${runs.id}::text`, search))
      : undefined,
  ];
}

async function summariesOf(
  db: Database,
  ids: readonly string[],
): Promise<Map<string, Record<string, MetricSummary>>> {
  const found = new Map<string, Record<string, MetricSummary>>();
  if (ids.length === 0) return found;
  const rows = await db
    .select()
    .from(summaries)
    .where(inArray(summaries.run, [...ids]))
    .orderBy(summaries.metric);
  for (const { run, metric, ...summary } of rows) {
    const metrics = found.get(run) ?? {};
    metrics[metric] = summary;
    found.set(run, metrics);
  }
  return found;
}

/** One run. @throws NotFoundError when the project has no such run */
export async function findRun(db: Database, project: string, id: string): Promise<RunView> {
  const [run] = isUuid(id)
    ? await db
        .select()
        .from(runs)
        .where(and(eq(runs.id, id), eq(runs.project, project)))
    : [];
  if (!run) throw new NotFoundError(`There is no run '${id}' in the project '${project}'.`);
  return { ...run, metrics: (await summariesOf(db, [id])).get(id) ?? {} };
}

/** A metric over the steps. */
export interface Curve {
  /** How many values there are in all. */
  readonly count: number;
  /** Step and value in the order of the steps: all of them, or of each stretch the smallest and the largest. */
  readonly points: readonly (readonly [step: number, value: number])[];
}

/**
 * A run's metric in at most so many points. Where there are more, the steps are cut into equal stretches, and of each the
 * smallest and the largest value are given: no peak is lost.
 * @param most 2 to 10,000
 */
export async function curveOf(db: Database, run: string, metric: string, most = 500): Promise<Curve> {
  const rows = await rowsOf<{ count: number; step: string; value: number }>(
    db,
    sql`
    with all_points as (
      select step, value from points where run = ${run}::uuid and metric = ${metric}
    ), size as (
      select count(*)::int as count, min(step) as first, max(step) as last from all_points
    ), placed as (
      select step, value,
        width_bucket(step, first, last + 1, ${Math.max(1, Math.floor(most / 2))}::int) as stretch
      from all_points, size where count > ${most}::int
    ), ranked as (
      select step, value,
        row_number() over (partition by stretch order by value, step) as low,
        row_number() over (partition by stretch order by value desc, step) as high
      from placed
    )
    select count, step, value from size left join (
      select step, value from ranked where low = 1 or high = 1
      union all
      select step, value from all_points where (select count from size) <= ${most}::int
    ) as chosen on true
    order by step`,
  );
  const count = rows[0]?.count ?? 0;
  return { count, points: count === 0 ? [] : rows.map(({ step, value }) => [Number(step), value] as const) };
}

/** Lines that a run wrote, from a number on. */
export async function linesOf(
  db: Database,
  run: string,
  {
    from = 1,
    limit = 1000,
  }: { readonly from?: number | undefined; readonly limit?: number | undefined } = {},
): Promise<readonly { readonly line: number; readonly at: Date; readonly text: string }[]> {
  return db
    .select({ line: logs.line, at: logs.at, text: logs.text })
    .from(logs)
    .where(and(eq(logs.run, run), sql`${logs.line} >= ${from}`))
    .orderBy(logs.line)
    .limit(limit);
}

/** The files of a run. */
export async function artefactsOf(
  db: Database,
  run: string,
): Promise<
  readonly { readonly path: string; readonly sha256: string; readonly size: number; readonly at: Date }[]
> {
  return db
    .select({ path: artefacts.path, sha256: artefacts.sha256, size: artefacts.size, at: artefacts.at })
    .from(artefacts)
    .where(eq(artefacts.run, run))
    .orderBy(artefacts.path);
}

const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
