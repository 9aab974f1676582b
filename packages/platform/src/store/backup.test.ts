import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { eq, sql } from 'drizzle-orm';
import { listAudit, note } from '../access/audit.js';
import { checkKey, createKey } from '../access/keys.js';
import { findVersion, publishVersion } from '../registry/index.js';
import { curveOf, findRun } from '../runs/query.js';
import { addArtefact, addPoints, createRun } from '../runs/record.js';
import { saveBrightnessModel } from '../testing.js';
import { writeBackup } from './backup.js';
import { rowsOf } from './database.js';
import { checkBackup, restoreBackup } from './restore.js';
import { projects } from './schema.js';
import { onEachDatabase, type TestStore } from './testing.js';

onEachDatabase('backup and restore', (open) => {
  let folder: string;
  let file: string;
  let key: string;
  let run: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-backup-'));
    file = join(folder, 'backup.tar');
    await using opened = await open();
    const { store } = opened;
    const { db } = store;
    key = (await createKey(db, { project: 'test', name: 'k', role: 'admin', models: ['a "b"', 'c'] })).key;
    run = await createRun(db, {
      project: 'test',
      name: 'run',
      parameters: { text: 'ü\n"', list: [1, null] },
    });
    const values = [0.1, Number.NaN, Number.POSITIVE_INFINITY, -1e-300];
    const points = values.map((value, i) => ({
      metric: 'loss',
      step: i + 2 ** 40,
      value,
      at: new Date(1e12 + i),
    }));
    await addPoints(db, run, points);
    const many = Array.from({ length: 2500 }, (_, step) => ({
      metric: 'many',
      step,
      value: step,
      at: new Date(1e12),
    }));
    await addPoints(db, run, many);
    await addArtefact(db, run, 'a.txt', await store.objects.put(Buffer.from('content')));
    await addArtefact(db, run, 'empty', await store.objects.put(Buffer.alloc(0)));
    await saveBrightnessModel(join(folder, 'model'));
    await publishVersion(store, { project: 'test', name: 'bright', directory: join(folder, 'model') });
    await note(db, { name: 'k', project: 'test', role: 'admin' }, 'first', 'subject');
    const summary = await writeBackup(store, createWriteStream(file));
    assert.ok(summary.rows > 2500 && summary.objects > 3, JSON.stringify(summary));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const emptied = async ({ store }: TestStore): Promise<void> => {
    await store.db.delete(projects).where(eq(projects.name, 'test'));
  };

  it('give back all rows and contents as they were, and go on counting', async () => {
    await using opened = await open();
    await emptied(opened);
    const { db, objects } = opened.store;
    await restoreBackup(opened.store, file);
    const checked = await checkKey(db, key);
    assert.deepEqual('principal' in checked && checked.principal.models, ['a "b"', 'c']);
    const found = await findRun(db, 'test', run);
    assert.deepEqual(found.parameters, { text: 'ü\n"', list: [1, null] });
    const { points } = await curveOf(db, run, 'loss');
    assert.deepEqual(
      points,
      [0.1, Number.NaN, Number.POSITIVE_INFINITY, -1e-300].map((value, i) => [i + 2 ** 40, value]),
    );
    assert.equal((await curveOf(db, run, 'many')).count, 2500);
    const version = await findVersion(db, 'test', 'bright');
    for (const { sha256 } of version.files) assert.ok(await objects.has(sha256));
    await note(db, { name: 'k', project: 'test', role: 'admin' }, 'second', 'subject');
    assert.deepEqual(
      (await listAudit(db, 'test')).map(({ action }) => action),
      ['second', 'first'],
    );
    await assert.rejects(restoreBackup(opened.store, file), /not empty: '\w+' has rows/);
  });

  it('refuse an archive that is damaged, cut off, none, or not there, and write nothing', async () => {
    await using opened = await open();
    await emptied(opened);
    const bytes = await readFile(file);
    const spoilt = join(folder, 'spoilt.tar');
    const told = async (content: Uint8Array): Promise<void> => {
      await writeFile(spoilt, content);
      await assert.rejects(restoreBackup(opened.store, spoilt), /damaged|cut off|no backup/);
    };
    for (const at of [600, bytes.length >> 1, bytes.length - 3000]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await told(changed);
    }
    for (const length of [0, 100, 512, bytes.length >> 1, bytes.length - 2048])
      await told(bytes.subarray(0, length));
    await told(Buffer.from('no archive at all'));
    await assert.rejects(restoreBackup(opened.store, join(folder, 'nothing.tar')), /There is no file/);
    const left = await rowsOf<{ count: number }>(
      opened.store.db,
      sql`select count(*)::int as count from projects`,
    );
    assert.equal(left[0]!.count, 0);
    for await (const object of opened.store.objects.list()) assert.fail(`${object.sha256} was written`);
  });

  it('refuse an archive of a newer schema', async () => {
    await using opened = await open();
    await opened.store.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of a later version', 9999999999999)`,
    );
    const newer = join(folder, 'newer.tar');
    await writeBackup(opened.store, createWriteStream(newer));
    await assert.rejects(checkBackup(newer), /made by a newer version of Modelwright \(\d+\.\d+\.\d+\)/);
    assert.ok((await checkBackup(file)).tables.length > 10);
  });
});
