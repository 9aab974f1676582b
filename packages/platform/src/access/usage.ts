import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Database } from '../store/database.js';
import { usage } from '../store/schema.js';

export const usagePeriods = ['hour', 'day', 'month', 'all'] as const;
export type UsagePeriod = (typeof usagePeriods)[number];

export interface UsageQuery {
  readonly project: string;
  /** What is summed up. Default: 'day'. */
  readonly by?: UsagePeriod | undefined;
  /** Default: 30 days before `to`. */
  readonly from?: Date | undefined;
  /** Default: now. */
  readonly to?: Date | undefined;
  /** Id of a key. */
  readonly key?: string | undefined;
  readonly model?: string | undefined;
}

/** What a caller asked of a version of a model in a time. */
export interface UsageRow {
  /** When the time began; empty for all of it. */
  readonly at: string;
  /** Id of the key; empty where a person asked. */
  readonly key: string;
  readonly caller: string;
  readonly model: string;
  readonly version: string;
  readonly requests: number;
  /** Of these, those that were answered with 400 or more. */
  readonly errors: number;
  /** Of these, those that were refused for a quota. */
  readonly refused: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly milliseconds: number;
  /** Seconds that workers had jobs for the caller; the model is the one that was trained for, measured or asked. */
  readonly jobSeconds: number;
}

/** What was asked of a project's models, in the order of time. */
export async function usageOf(db: Database, query: UsageQuery): Promise<readonly UsageRow[]> {
  const { project, by = 'day', to = new Date(), key, model } = query;
  const { from = new Date(to.getTime() - 30 * 86_400_000) } = query;
  const at =
    by === 'all'
      ? sql<string>`''`
      : sql<string>`to_char(date_trunc(${sql.raw(`'${by}'`)}, ${usage.hour} at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
  const sum = (value: ReturnType<typeof sql>) => sql<number>`coalesce(sum(${value}), 0)::float8`;
  const parts = { key: usage.key, caller: usage.caller, model: usage.model, version: usage.version };
  return db
    .select({
      at: at.as('at'),
      ...parts,
      requests: sum(sql`${usage.requests}`),
      errors: sum(sql`case when ${usage.status} >= 400 then ${usage.requests} end`),
      refused: sum(sql`case when ${usage.status} = 429 then ${usage.requests} end`),
      tokens: sum(sql`${usage.tokens}`),
      bytes: sum(sql`${usage.bytes}`),
      milliseconds: sum(sql`${usage.milliseconds}`),
      jobSeconds: sum(sql`${usage.jobSeconds}`),
    })
    .from(usage)
    .where(
      and(
        eq(usage.project, project),
        gte(usage.hour, from),
        lt(usage.hour, to),
        key === undefined ? undefined : eq(usage.key, key),
        model === undefined ? undefined : eq(usage.model, model),
      ),
    )
    .groupBy(sql`1`, ...Object.values(parts))
    .orderBy(sql`1`, asc(usage.model), asc(usage.version), asc(usage.caller), asc(usage.key));
}

const columns = [
  'at',
  'key',
  'caller',
  'model',
  'version',
  'requests',
  'errors',
  'refused',
  'tokens',
  'bytes',
  'milliseconds',
  'jobSeconds',
] as const satisfies readonly (keyof UsageRow)[];

/** Rows as CSV (RFC 4180). Names that a spreadsheet would compute with are kept from it by an apostrophe. */
export function usageCsv(rows: readonly UsageRow[]): string {
  const cell = (value: string | number): string => {
    const text = typeof value === 'number' ? String(value) : value.replace(/^[=+\-@\t\r]/, "'$&");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}
