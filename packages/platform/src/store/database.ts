import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { lockFolder } from './lock.js';
import * as schema from './schema.js';

/** The database, whichever way it is reached. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** An open database. */
export interface OpenDatabase {
  readonly db: Database;
  close(): Promise<void>;
}

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** What Node and PostgreSQL say when a server does not answer. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
  '57P03',
]);

/**
 * Opens the PostgreSQL database at an address, and brings its tables up to date.
 * @throws Error when the server does not answer, or a newer version made its tables
 */
export async function openServerDatabase(url: string): Promise<OpenDatabase> {
  const [{ drizzle }, { migrate }, { default: pg }] = await Promise.all([
    import('drizzle-orm/node-postgres'),
    import('drizzle-orm/node-postgres/migrator'),
    import('pg'),
  ]);
  const pool = new pg.Pool({ connectionString: url, max: 16, connectionTimeoutMillis: 10_000 });
  pool.on('error', () => undefined); // an idle connection was lost; the pool makes another when it is needed
  pool.on('connect', (client) => client.on('error', () => undefined)); // one in use was lost: its query says so
  try {
    const db = drizzle(pool, { schema });
    await upToDate(db, (config) => migrate(db, config));
    return { db, close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw explained(error, url);
  }
}

/**
 * Opens the PostgreSQL database that lives in a folder, without a server (PGlite), and brings its tables up to date.
 * @throws Error when another process has it open, or a newer version made its tables
 */
export async function openEmbeddedDatabase(folder: string): Promise<OpenDatabase> {
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  try {
    const [{ drizzle }, { migrate }, { PGlite }] = await Promise.all([
      import('drizzle-orm/pglite'),
      import('drizzle-orm/pglite/migrator'),
      import('@electric-sql/pglite'),
    ]);
    const client = await PGlite.create(join(folder, 'pgdata'));
    try {
      const db = drizzle(client, { schema });
      await upToDate(db, (config) => migrate(db, config));
      return { db, close: () => client.close().finally(unlock) };
    } catch (error) {
      await client.close();
      throw error;
    }
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Applies the migrations that are missing, one process at a time. */
async function upToDate(
  db: Database,
  migrate: (config: { migrationsFolder: string }) => Promise<void>,
): Promise<void> {
  await requireKnown(db);
  await migrate({ migrationsFolder });
}

/** @throws Error when the database has a migration that this version does not know */
async function requireKnown(db: Database): Promise<void> {
  const known = new Set(knownMigrations());
  const foreign = (await appliedMigrations(db)).filter((hash) => !known.has(hash)).length;
  if (foreign > 0) {
    throw new Error(
      `The database was made by a newer version of Modelwright: ${foreign} of its migrations are not known here. Update ` +
        '@modelwright/platform, or restore a backup that this version made.',
    );
  }
}

/** Hashes of the migrations that this version knows. */
export function knownMigrations(): readonly string[] {
  return readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash);
}

/** Hashes of the migrations that made a database's tables. */
export async function appliedMigrations(db: Pick<Database, 'execute'>): Promise<readonly string[]> {
  const [there] = await rowsOf<{ name: string | null }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations')::text as name`,
  );
  if (!there?.name) return [];
  const applied = await rowsOf<{ hash: string }>(db, sql`select hash from drizzle.__drizzle_migrations`);
  return applied.map(({ hash }) => hash);
}

/** The rows that a query gives. */
export async function rowsOf<Row>(
  db: Pick<Database, 'execute'>,
  query: ReturnType<typeof sql>,
): Promise<readonly Row[]> {
  const result: { readonly rows: unknown } = (await db.execute(query)) as { readonly rows: unknown };
  return result.rows as readonly Row[];
}

function explained(error: unknown, url: string): Error {
  const { code, message } = causeOf(error);
  const where = hostOf(url);
  if (code !== undefined && unreachable.has(code)) {
    return new Error(`The database at ${where} does not answer (${code}). Is it running? See DATABASE_URL.`, {
      cause: error,
    });
  }
  if (code === '28P01' || code === '28000' || code === '3D000') {
    return new Error(`The database at ${where} refuses the connection: ${message}. See DATABASE_URL.`, {
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** The first error of a chain of causes that has a code. */
function causeOf(error: unknown): { readonly code?: string; readonly message?: string } {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && typeof each.code === 'string') return { code: each.code, message: each.message };
    if (each instanceof AggregateError && each.errors.length > 0) return causeOf(each.errors[0]);
  }
  return {};
}

/** An address without its password. */
function hostOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port && `:${port}`}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}
