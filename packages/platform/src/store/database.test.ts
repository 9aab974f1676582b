import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'drizzle-orm';
import { openEmbeddedDatabase, openServerDatabase } from './database.js';

const serverUrl = process.env.MODELWRIGHT_TEST_DATABASE_URL;

describe('a database that cannot be used', () => {
  it('is said not to answer, with its place and without its password', async () => {
    const opening = openServerDatabase('postgres://user:secret@127.0.0.1:1/modelwright');
    await assert.rejects(opening, ({ message }: Error) => {
      assert.match(message, /database at 127\.0\.0\.1:1\/modelwright does not answer \(ECONNREFUSED\)/);
      return !message.includes('secret');
    });
  });

  it('is said to refuse, when name or password are wrong', {
    skip: !serverUrl && 'MODELWRIGHT_TEST_DATABASE_URL is not set',
  }, async () => {
    const url = new URL(serverUrl!);
    url.pathname = '/there_is_no_such_database';
    await assert.rejects(
      openServerDatabase(url.href),
      /refuses the connection: database "there_is_no_such_database"/,
    );
    url.pathname = '/postgres';
    url.password = 'wrong';
    await assert.rejects(
      openServerDatabase(url.href),
      /refuses the connection: password authentication failed/,
    );
  });

  it('is left alone when a newer version made its tables, and when another process has it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'modelwright-database-'));
    const first = await openEmbeddedDatabase(folder);
    await assert.rejects(openEmbeddedDatabase(folder), /is in use by the process/);
    await first.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of a later version', 9999999999999)`,
    );
    await first.close();
    await assert.rejects(
      openEmbeddedDatabase(folder),
      /made by a newer version of Modelwright: 1 of its migrations/,
    );
    await assert.rejects(openEmbeddedDatabase(folder), /newer version/, 'the folder was given free');
    await rm(folder, { recursive: true });
  });
});
