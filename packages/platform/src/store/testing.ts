// For tests: the same test on an embedded database and, where there is one, on a PostgreSQL server.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { openStore, type Store } from './index.js';
import { projects } from './schema.js';

/** A store for one test file, in a folder of its own. */
export interface TestStore extends AsyncDisposable {
  readonly store: Store;
  readonly folder: string;
}

/** The server that tests may make databases on, such as `postgres://postgres@localhost/postgres`. */
const serverUrl = process.env.MODELWRIGHT_TEST_DATABASE_URL;

/** Describes tests for each kind of database. */
export function onEachDatabase(name: string, tests: (open: () => Promise<TestStore>) => void): void {
  describe(`${name}, embedded database`, () => tests(openEmbedded));
  describe(
    `${name}, PostgreSQL server`,
    { skip: !serverUrl && 'MODELWRIGHT_TEST_DATABASE_URL is not set' },
    () => tests(openOnServer),
  );
}

/** A new store in a temporary folder, with a project called `test`. */
export async function openEmbedded(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-store-'));
  return prepared(await openStore({ folder }), folder, async () => undefined);
}

async function openOnServer(): Promise<TestStore> {
  const { default: pg } = await import('pg');
  const name = `modelwright_test_${randomUUID().replaceAll('-', '')}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  const url = new URL(serverUrl!);
  url.pathname = `/${name}`;
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-store-'));
  const store = await openStore({ folder, databaseUrl: url.href });
  return prepared(store, folder, () => administer(`drop database ${name} with (force)`));
}

async function prepared(store: Store, folder: string, drop: () => Promise<void>): Promise<TestStore> {
  await store.db.insert(projects).values({ name: 'test' });
  return {
    store,
    folder,
    async [Symbol.asyncDispose]() {
      await store.close();
      await drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
