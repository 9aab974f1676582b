import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { sql } from 'drizzle-orm';
import { Parser, type ReadEntry } from 'tar';
import {
  type BackupSummary,
  backupFormat,
  checksumsName,
  type Manifest,
  manifestName,
  type Part,
  tablesOf,
} from './backup.js';
import { type Database, knownMigrations, rowsOf } from './database.js';
import type { Store } from './index.js';

/**
 * Puts a backup into a store that is empty. The archive is read through and checked before anything is written; rows come in one
 * transaction.
 * @throws Error when the archive is damaged, cut off or made by a newer version, or the store is not empty
 */
export async function restoreBackup(store: Store, file: string): Promise<BackupSummary> {
  const manifest = await checkBackup(file);
  await requireEmpty(store);
  const columnsOf = new Map(manifest.tables.map(({ name, columns }) => [name, columns]));
  let [rows, objects, bytes] = [0, 0, 0];
  await store.db.transaction(async (transaction) => {
    await eachPart(file, async (path, entry) => {
      bytes += entry.size ?? 0;
      const [kind, name] = path.split('/');
      if (kind === 'objects') {
        await store.objects.put(Readable.from(entry));
        objects++;
      } else if (kind === 'tables') {
        rows += await insertRows(
          transaction,
          name!,
          columnsOf.get(name!) ?? [],
          (await buffer(entry)).toString(),
        );
      } else entry.resume();
    });
    await resetCounters(transaction);
  });
  return { rows, objects, bytes };
}

/** Reads an archive through. @returns its first part @throws Error saying what is wrong with it */
export async function checkBackup(file: string): Promise<Manifest> {
  const found = new Map<string, Part>();
  const kept: Record<string, string> = {};
  await eachPart(file, async (path, entry) => {
    if (path === checksumsName || path === manifestName) kept[path] = (await buffer(entry)).toString();
    if (path === checksumsName) return;
    const hash = createHash('sha256').update(kept[path] ?? '');
    let size = kept[path] === undefined ? 0 : (entry.size ?? 0);
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.length;
    }
    found.set(path, { path, sha256: hash.digest('hex'), size });
  });
  const { [manifestName]: first, [checksumsName]: last } = kept;
  if (first === undefined) throw new Error(`${file} is no backup: it has no ${manifestName}.`);
  if (last === undefined) throw new Error(`${file} is cut off: its end is missing. Take another backup.`);
  const listed = parsed(file, last) as readonly Part[];
  const wrong =
    listed.find(({ path, sha256 }) => found.get(path)?.sha256 !== sha256)?.path ??
    (listed.length === found.size ? undefined : 'the number of its parts');
  if (wrong !== undefined)
    throw new Error(`${file} is damaged: ${wrong} is not what was written. Take another backup.`);
  const manifest = parsed(file, first) as Manifest;
  requireKnownFormat(file, manifest);
  return manifest;
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is damaged. Take another backup.`, { cause });
  }
}

function requireKnownFormat(file: string, { format, version, migrations }: Manifest): void {
  const known = new Set(knownMigrations());
  const foreign = migrations.filter((hash) => !known.has(hash)).length;
  if (format === backupFormat && foreign === 0) return;
  throw new Error(
    `${file} was made by a newer version of Modelwright (${version}). Update @modelwright/platform first.`,
  );
}

/** Reads the parts of an archive one after another. @throws Error when it is no archive */
async function eachPart(file: string, use: (path: string, entry: ReadEntry) => Promise<void>): Promise<void> {
  let work = Promise.resolve();
  const source = createReadStream(file);
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      work = work.then(() => use(entry.path, entry));
      work.catch((error: Error) => {
        source.destroy(error);
        entry.resume();
      });
    },
  });
  const read = new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
    source.on('error', reject);
  });
  source.pipe(parser);
  try {
    await read;
    await work;
  } catch (error) {
    await work;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`There is no file ${file}.`, { cause: error });
    throw new Error(`${file} is damaged, or no backup: ${message}`, { cause: error });
  } finally {
    source.destroy();
    await finished(source).catch(() => undefined);
  }
}

async function requireEmpty({ db, objects }: Store): Promise<void> {
  for (const { name } of await tablesOf(db)) {
    const [found] = await rowsOf<{ one: number }>(
      db,
      sql`select 1 as one from ${sql.identifier(name)} limit 1`,
    );
    if (found) throw new Error(`The database is not empty: '${name}' has rows. Restore into an empty one.`);
  }
  for await (const _ of objects.list())
    throw new Error('There are contents already. Restore into an empty folder.');
}

/** Columns that the backup does not have get their defaults. */
async function insertRows(
  db: Pick<Database, 'execute'>,
  table: string,
  columns: readonly string[],
  json: string,
): Promise<number> {
  const name = sql.identifier(table);
  const names = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  );
  const [{ count } = { count: 0 }] = await rowsOf<{ count: number }>(
    db,
    sql`
    with given as (
      insert into ${name} (${names}) overriding system value
      select ${names} from jsonb_populate_recordset(null::${name}, ${json}::jsonb) returning 1
    )
    select count(*)::int as count from given`,
  );
  return count;
}

/** Columns that count themselves go on after the largest number there is. */
async function resetCounters(db: Pick<Database, 'execute'>): Promise<void> {
  const counted = await rowsOf<{ table: string; column: string }>(
    db,
    sql`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = 'public' and is_identity = 'YES'`,
  );
  for (const { table, column } of counted) {
    const [name, field] = [sql.identifier(table), sql.identifier(column)];
    await db.execute(
      sql`select setval(pg_get_serial_sequence(${table}, ${column}), max(${field})) from ${name} having max(${field}) is not null`,
    );
  }
}
