// A backup: one tar archive of all rows and all contents, with the sha256 of each part.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { Header } from 'tar';
import { version } from '../version.js';
import { appliedMigrations, type Database, rowsOf } from './database.js';
import type { Store } from './index.js';

/** How archives are laid out. */
export const backupFormat = 1;
export const manifestName = 'backup.json';
export const checksumsName = 'checksums.json';

/** The first part of an archive. */
export interface Manifest {
  readonly format: number;
  /** Version of the platform that made it. */
  readonly version: string;
  readonly createdAt: string;
  /** Hashes of the migrations that made the tables. */
  readonly migrations: readonly string[];
  /** The tables, each after those that it refers to, with their columns. */
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

/** A part of an archive, as the last part lists it. */
export interface Part {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** What was written or read. */
export interface BackupSummary {
  readonly rows: number;
  readonly objects: number;
  readonly bytes: number;
}

/** Rows of a part. */
const rowsAtOnce = 2000;
const block = 512;

/**
 * Writes everything that a store has. The rows are those of one moment; contents that come later are left out.
 * @throws Error when a content is missing or is not what its name says
 */
export async function writeBackup({ db, objects }: Store, to: Writable): Promise<BackupSummary> {
  const parts: Part[] = [];
  let bytes = 0;
  let rows = 0;
  const write = async (chunk: Uint8Array): Promise<void> => {
    bytes += chunk.length;
    if (!to.write(chunk)) await once(to, 'drain');
  };
  const begin = (path: string, size: number): Promise<void> => {
    const header = new Header({ path, size, type: 'File', mode: 0o600, mtime: new Date(0) });
    header.encode();
    return write(header.block!);
  };
  const end = (size: number): Promise<void> => write(Buffer.alloc((block - (size % block)) % block));
  const add = async (path: string, text: string, listed = true): Promise<void> => {
    const content = Buffer.from(text);
    await begin(path, content.length);
    await write(content);
    await end(content.length);
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (listed) parts.push({ path, sha256, size: content.length });
  };
  await db.transaction(
    async (transaction) => {
      const tables = await tablesOf(transaction);
      const migrations = await appliedMigrations(transaction);
      const createdAt = new Date().toISOString();
      const manifest: Manifest = { format: backupFormat, version, createdAt, migrations, tables };
      await add(manifestName, JSON.stringify(manifest));
      for (const { name } of tables) {
        let number = 0;
        for await (const lines of rowsIn(transaction, name)) {
          rows += lines.length;
          await add(`tables/${name}/${String(++number).padStart(6, '0')}.json`, `[${lines.join(',\n')}]`);
        }
      }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
  let count = 0;
  for await (const { sha256, size } of objects.list()) {
    const path = `objects/${sha256}`;
    await begin(path, size);
    const hash = createHash('sha256');
    let read = 0;
    for await (const chunk of (await objects.read(sha256)) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      read += chunk.length;
      await write(chunk);
    }
    if (read !== size || hash.digest('hex') !== sha256) {
      throw new Error(`The content ${sha256} was changed where it is kept: its hash is another one.`);
    }
    await end(size);
    parts.push({ path, sha256, size });
    count++;
  }
  await add(checksumsName, JSON.stringify(parts), false);
  await write(Buffer.alloc(2 * block));
  to.end();
  return { rows, objects: count, bytes };
}

/** The rows of a table as JSON, some at a time. */
async function* rowsIn(db: Pick<Database, 'execute'>, table: string): AsyncGenerator<readonly string[]> {
  await db.execute(
    sql`declare backup no scroll cursor for select to_jsonb(t)::text as row from ${sql.identifier(table)} as t`,
  );
  for (;;) {
    const rows = await rowsOf<{ row: string }>(db, sql.raw(`fetch ${rowsAtOnce} from backup`));
    if (rows.length > 0) yield rows.map(({ row }) => row);
    if (rows.length < rowsAtOnce) break;
  }
  await db.execute(sql`close backup`);
}

/** All tables, each after those that it refers to. */
export async function tablesOf(db: Pick<Database, 'execute'>): Promise<Manifest['tables']> {
  const columns = await rowsOf<{ name: string; columns: string[] }>(
    db,
    sql`
    select c.table_name as name, array_agg(c.column_name::text order by c.ordinal_position) as columns
    from information_schema.columns as c
    join information_schema.tables as t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    group by 1 order by 1`,
  );
  const references = await rowsOf<{ from: string; to: string }>(
    db,
    sql`
    select distinct a.relname as "from", b.relname as "to" from pg_constraint as r
    join pg_class as a on a.oid = r.conrelid join pg_class as b on b.oid = r.confrelid
    where r.contype = 'f' and a.oid <> b.oid`,
  );
  const left = new Map(columns.map((table) => [table.name, table]));
  const ordered: Manifest['tables'][number][] = [];
  while (left.size > 0) {
    const next = [...left.values()].find(
      ({ name }) => !references.some(({ from, to }) => from === name && left.has(to)),
    );
    if (!next) throw new Error(`The tables ${[...left.keys()].join(', ')} refer to each other in a circle.`);
    left.delete(next.name);
    ordered.push(next);
  }
  return ordered;
}
