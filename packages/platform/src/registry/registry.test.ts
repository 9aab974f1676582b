import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { openModel } from 'modelwright/saved';
import { InputError, NotFoundError, StateError } from '../errors.js';
import { addArtefact, createRun } from '../runs/record.js';
import { versions } from '../store/schema.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import { plainImage, saveBrightnessModel } from '../testing.js';
import {
  checkOut,
  collectGarbage,
  deleteVersion,
  findModel,
  findVersion,
  listModels,
  listVersions,
  openSigner,
  publishVersion,
  removeAlias,
  setAlias,
  setTags,
  signerOf,
} from './index.js';

onEachDatabase('model registry', (open) => {
  let opened: TestStore;
  let directory: string;
  before(async () => {
    opened = await open();
    directory = join(opened.folder, 'brightness');
    await saveBrightnessModel(directory, {
      training: { fingerprint: 'f00d' },
      evaluation: { metrics: { accuracy: 0.5 } },
    });
  });
  after(() => opened[Symbol.asyncDispose]());
  const publish = (name: string, more: object = {}) =>
    publishVersion(opened.store, { project: 'test', name, directory, ...more });

  it('numbers versions, finds them by number, alias and as the latest, and keeps where they come from', async () => {
    const { db } = opened.store;
    const run = await createRun(db, { project: 'test', name: 'training' });
    assert.equal(await publish('numbered', { description: 'How bright a picture is.' }), 1);
    assert.equal(await publish('numbered', { run, parent: 1, tags: ['small'] }), 2);
    await setAlias(db, 'test', 'numbered', 'champion', '1');
    const model = await findModel(db, 'test', 'numbered');
    assert.deepEqual(
      [model.latest, model.versions, model.aliases, model.description],
      [2, 2, { champion: 1 }, 'How bright a picture is.'],
    );
    assert.equal((await findVersion(db, 'test', 'numbered', 'champion')).version, 1);
    const latest = await findVersion(db, 'test', 'numbered');
    assert.deepEqual(
      [latest.version, latest.run, latest.parent, latest.tags, latest.metrics, latest.dataFingerprint],
      [2, run, 1, ['small'], { accuracy: 0.5 }, 'f00d'],
    );
    await setAlias(db, 'test', 'numbered', 'champion', 'latest');
    assert.deepEqual((await findVersion(db, 'test', 'numbered', '2')).aliases, ['champion']);
    await setTags(db, 'test', 'numbered', '2', ['a', 'b']);
    assert.deepEqual(
      (await listVersions(db, 'test', 'numbered')).map(({ version, tags }) => [version, tags]),
      [
        [2, ['a', 'b']],
        [1, []],
      ],
    );
    assert.ok((await listModels(db, { project: 'test' })).some(({ name }) => name === 'numbered'));
    assert.deepEqual(await listModels(db, { project: 'another' }), []);
  });

  it('gives each of many that publish at once a number of its own', async () => {
    const numbers = await Promise.all(Array.from({ length: 8 }, () => publish('crowded')));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  it('never gives a number twice, and keeps a version that an alias points at', async () => {
    const { db } = opened.store;
    await publish('deleted');
    await publish('deleted');
    await setAlias(db, 'test', 'deleted', 'live', '2');
    await assert.rejects(
      deleteVersion(db, 'test', 'deleted', '2'),
      /is live: point the alias at another version/,
    );
    await removeAlias(db, 'test', 'deleted', 'live');
    await deleteVersion(db, 'test', 'deleted', '2');
    await assert.rejects(findVersion(db, 'test', 'deleted', '2'), NotFoundError);
    assert.equal(await publish('deleted'), 3);
    await assert.rejects(removeAlias(db, 'test', 'deleted', 'live'), NotFoundError);
  });

  it('gives back what was published, as a folder that runs', async () => {
    await publish('checked-out');
    const version = await findVersion(opened.store.db, 'test', 'checked-out');
    const folder = join(opened.folder, 'out', 'checked-out');
    await mkdir(join(opened.folder, 'out'), { recursive: true });
    await checkOut(opened.store.objects, version, folder);
    for (const { path } of version.files) {
      assert.deepEqual(await readFile(join(folder, path)), await readFile(join(directory, path)));
    }
    const model = await openModel(folder);
    const { probabilities } = await model.run({ image: plainImage(255).reshape([1, 1, 5, 7]) });
    assert.ok(Math.abs(probabilities!.toNumbers()[1]! - 1 / (1 + Math.exp(-4))) < 1e-6);
    await model.release();
    await checkOut(opened.store.objects, version, folder);
    await appendFile(join(folder, 'config.json'), ' ');
    await assert.rejects(checkOut(opened.store.objects, version, folder), /config.json was changed/);
    await rm(join(folder, 'config.json'));
    await assert.rejects(checkOut(opened.store.objects, version, folder), /config.json is missing/);
  });

  it('refuses a version whose files are not those that were published', async () => {
    const { db, objects } = opened.store;
    await publish('altered', { tags: ['altered'] });
    const version = await findVersion(db, 'test', 'altered');
    const [first] = version.files;
    const [other] = version.files.slice(1);
    const swapped = { ...version, files: [{ ...first!, sha256: other!.sha256 }, ...version.files.slice(1)] };
    const folder = join(opened.folder, 'altered');
    await assert.rejects(checkOut(objects, swapped, folder), /list of files is not the one/);
    await assert.rejects(readFile(join(folder, first!.path)), { code: 'ENOENT' });
  });

  it('signs versions, and refuses those that are not signed with its key', async () => {
    const { store, folder } = opened;
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = join(folder, 'key.pem');
    await writeFile(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const signer = await openSigner(pem);
    await publishVersion(store, { project: 'test', name: 'signed', directory }, { signer });
    await publish('signed');
    const signed = await findVersion(store.db, 'test', 'signed', '1');
    await checkOut(store.objects, signed, join(folder, 'signed'), signer);
    const other = signerOf(generateKeyPairSync('ed25519').privateKey);
    await assert.rejects(checkOut(store.objects, signed, join(folder, 'signed'), other), StateError);
    const unsigned = await findVersion(store.db, 'test', 'signed', '2');
    await assert.rejects(
      checkOut(store.objects, unsigned, join(folder, 'unsigned'), signer),
      /is not signed/,
    );
    await writeFile(pem, 'no key');
    await assert.rejects(openSigner(pem), /holds no private Ed25519 key/);
  });

  it('removes contents that nothing has any more, and nothing else', async () => {
    const { store } = opened;
    const later = new Date(Date.now() + 2 * 60 * 60_000);
    await collectGarbage(store, later);
    const id = await createRun(store.db, { project: 'test', name: 'files' });
    await addArtefact(store.db, id, 'kept.txt', await store.objects.put(new TextEncoder().encode('kept')));
    await store.objects.put(new TextEncoder().encode('forgotten'));
    assert.deepEqual(await collectGarbage(store), { objects: 0, bytes: 0 }, 'young contents stay');
    assert.deepEqual(await collectGarbage(store, later), { objects: 1, bytes: 9 });
    const rows = await store.db
      .select({ files: versions.files })
      .from(versions)
      .where(eq(versions.version, 1));
    for (const { files } of rows) for (const { sha256 } of files) assert.ok(await store.objects.has(sha256));
  });

  it('takes nothing that is no whole model, and no name that is not fit for addresses', async () => {
    const { folder } = opened;
    await assert.rejects(publish('../up'), InputError);
    await assert.rejects(publish('a/b'), InputError);
    await assert.rejects(publish('x', { directory: join(folder, 'nothing') }), /is not a saved model/);
    const broken = join(folder, 'broken');
    await saveBrightnessModel(broken);
    await symlink('/etc/hostname', join(broken, 'link'));
    await assert.rejects(publish('x', { directory: broken }), /neither a file nor a folder/);
    await rm(join(broken, 'link'));
    await rm(join(broken, 'model.safetensors'));
    await assert.rejects(publish('x', { directory: broken }), /model.safetensors is missing/);
    await assert.rejects(findModel(opened.store.db, 'test', 'x'), NotFoundError);
    await assert.rejects(setAlias(opened.store.db, 'test', 'numbered', 'latest', '1'), InputError);
  });
});
