import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { create } from 'tar';
import { authenticateByKey } from '../access/authenticate.js';
import { Keyring } from '../access/keyring.js';
import { createKey } from '../access/keys.js';
import { packFolder } from '../registry/archive.js';
import { Deployments } from '../serving/deployments.js';
import type { Store } from '../store/index.js';
import { openEmbedded, type TestStore } from '../store/testing.js';
import { saveBrightnessModel } from '../testing.js';
import { createApi } from './index.js';

type Body = string | ArrayBuffer | Uint8Array<ArrayBuffer>;

describe('the API of the platform', () => {
  let opened: TestStore;
  let api: ReturnType<typeof createApi>;
  const secrets: Record<'admin' | 'developer' | 'caller' | 'stranger', string> = {
    admin: '',
    developer: '',
    caller: '',
    stranger: '',
  };
  const context = (store: Store, keyring = new Keyring(store.db)) => ({
    store,
    keyring,
    deployments: new Deployments(store, { folder: join(opened.folder, 'deployed') }),
    authenticate: authenticateByKey(store.db, keyring),
    workFolder: join(opened.folder, 'work'),
    maxUploadBytes: 2 ** 20,
    jobs: { lease: 30_000, checkParameters: () => undefined, isOpen: () => true },
  });
  before(async () => {
    opened = await openEmbedded();
    const { store } = opened;
    api = createApi(context(store));
    for (const role of ['admin', 'developer', 'caller'] as const) {
      secrets[role] = (await createKey(store.db, { project: 'test', name: role, role })).key;
    }
    secrets.stranger = (await createKey(store.db, { project: 'other', name: 'stranger', role: 'admin' })).key;
  });
  after(() => opened[Symbol.asyncDispose]());

  async function ask(
    method: string,
    path: string,
    {
      key = secrets.admin,
      body,
      type = 'application/json',
    }: { key?: string; body?: Body; type?: string } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const response = await api.request(path, {
      method,
      headers: {
        ...(key !== '' && { Authorization: `Bearer ${key}` }),
        ...(body && { 'Content-Type': type }),
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('Content-Type')?.includes('json');
    return { status: response.status, json: isJson ? JSON.parse(text) : {} };
  }
  const send = (method: string, path: string, body: object, key = secrets.developer) =>
    ask(method, path, { key, body: JSON.stringify(body) });

  async function archive(): Promise<Uint8Array<ArrayBuffer>> {
    const folder = join(opened.folder, 'model');
    await saveBrightnessModel(folder);
    return new Uint8Array(await buffer(packFolder(folder)));
  }
  const publish = (name: string, body: Body, key = secrets.developer) =>
    ask('POST', `/api/models/${name}/versions`, { key, body, type: 'application/x-tar' });

  it('keeps a run from its beginning to its end', async () => {
    const begun = await send('POST', '/api/runs', { name: 'first', task: 'image-classification' });
    assert.equal(begun.status, 201);
    const path = `/api/runs/${String(begun.json.id)}`;
    const points = [1, 'NaN', 0.5].map((value, i) => ({ metric: 'loss', step: i + 1, value }));
    assert.equal((await send('POST', `${path}/points`, { points })).status, 204);
    assert.equal((await send('POST', `${path}/lines`, { lines: [{ text: 'hello' }] })).status, 204);
    const put = await ask('PUT', `${path}/files/a%2Fb.txt`, {
      body: 'content',
      type: 'application/octet-stream',
    });
    assert.equal(put.status, 204);
    const curve = await ask('GET', `${path}/metrics/loss`);
    assert.deepEqual(curve.json, {
      count: 3,
      points: [
        [1, 1],
        [2, 'NaN'],
        [3, 0.5],
      ],
    });
    const read = await api.request(`${path}/files/a%2Fb.txt`, {
      headers: { Authorization: `Bearer ${secrets.developer}` },
    });
    assert.equal(await read.text(), 'content');
    assert.equal((await send('POST', `${path}/end`, { status: 'finished' })).status, 204);
    assert.equal((await send('POST', `${path}/end`, { status: 'finished' })).status, 409);
    assert.equal((await ask('GET', path)).json.status, 'finished');
    const listed = await ask('GET', '/api/runs?search=first&metric=loss&mode=min');
    assert.equal((listed.json.runs as { id: string }[])[0]!.id, begun.json.id);
  });

  it('publishes models, and gives them back', async () => {
    const bytes = await archive();
    const first = await publish('bright', bytes);
    assert.equal(first.status, 201, JSON.stringify(first.json));
    assert.equal(first.json.version, 1);
    assert.equal((await send('PUT', '/api/models/bright/aliases/champion', { version: 1 })).status, 204);
    assert.equal((await ask('DELETE', '/api/models/bright/versions/1')).status, 409);
    const found = await ask('GET', '/api/models/bright/versions/champion', { key: secrets.caller });
    assert.deepEqual(found.json.aliases, ['champion']);
    const exported = await api.request('/api/models/bright/versions/1/archive', {
      headers: { Authorization: `Bearer ${secrets.developer}` },
    });
    const again = await publish('bright', await exported.arrayBuffer());
    assert.equal(again.json.version, 2);
    assert.equal(again.json.digest, first.json.digest);
    const audit = await ask('GET', '/api/audit');
    const actions = (audit.json.entries as { action: string; actor: string }[]).map(({ action }) => action);
    assert.deepEqual(actions.slice(0, 3), ['version.publish', 'alias.set', 'version.publish']);
  });

  it('takes no archive that is broken, cut off, too large, or holds anything but files', async () => {
    const bytes = await archive();
    const told = async (body: Body) => {
      const { status, json } = await publish('broken', body);
      assert.equal(status, 400, JSON.stringify(json));
      return String(json.error);
    };
    assert.match(await told('no archive at all'), /no tar archive|empty/);
    for (const length of [512, 2000, bytes.length - 1024]) {
      assert.match(await told(bytes.slice(0, length)), /Truncated input|mark of its end is missing/);
    }
    assert.match(await told(new Uint8Array(1024)), /no tar archive/);
    assert.match(await told(new Uint8Array(2 ** 20 + 1)), /larger than the 1048576 bytes/);
    const folder = await mkdtemp(join(opened.folder, 'link-'));
    await writeFile(join(folder, 'x'), '');
    await symlink('/etc/hostname', join(folder, 'config.json'));
    assert.match(
      await told(new Uint8Array(await buffer(create({ cwd: folder }, ['.'])))),
      /SymbolicLink|files and folders alone/,
    );
    await rm(join(folder, 'config.json'));
    await writeFile(join(folder, 'zeros'), new Uint8Array(2 ** 20 + 1));
    const bomb = new Uint8Array(await buffer(create({ cwd: folder, gzip: true }, ['.'])));
    assert.ok(bomb.length < 4000, `${bomb.length} bytes`);
    assert.match(await told(bomb), /The archive's files are larger than the 1048576 bytes/);
    await rm(folder, { recursive: true });
    assert.equal((await ask('GET', '/api/models/broken')).status, 404, 'nothing was kept');
    assert.equal((await publish('..%2Fup', bytes)).status, 400);
  });

  it('keeps nothing of a model when the disk is full, and goes on', async () => {
    const bytes = await archive();
    const { objects } = opened.store;
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const crowded = {
      ...opened.store,
      objects: { ...objects, put: () => Promise.reject(full) },
    };
    const usual = api;
    const errors: Error[] = [];
    api = createApi({ ...context(crowded), onError: (error) => errors.push(error) });
    const { status, json } = await publish('full', bytes);
    api = usual;
    assert.deepEqual([status, json.error], [507, 'The disk of the server is full.']);
    assert.deepEqual(errors, [full]);
    assert.equal((await ask('GET', '/api/models/full')).status, 404);
    assert.deepEqual(await readdir(join(opened.folder, 'work')), []);
    assert.equal((await publish('full', bytes)).status, 201);
  });

  it('answers what does not fit with 400, naming the place', async () => {
    const told = async (method: string, path: string, body?: object) => {
      const { status, json } = body ? await send(method, path, body) : await ask(method, path);
      assert.equal(status, 400, JSON.stringify(json));
      return String(json.error);
    };
    assert.match(await told('POST', '/api/runs', {}), /^json\.name: /);
    assert.match(await told('POST', '/api/runs', { name: 'x', parameters: 3 }), /^json\.parameters: /);
    assert.match(await told('GET', '/api/runs?limit=0'), /^query\.limit: /);
    assert.match(await told('GET', '/api/runs?status=odd'), /^query\.status: /);
    const { status, json } = await ask('POST', '/api/runs', { body: '{"name": ' });
    assert.equal(status, 400);
    assert.match(String(json.error), /JSON/);
    const deep = `{"name": "x", "parameters": ${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`;
    assert.match(
      String((await ask('POST', '/api/runs', { body: deep })).json.error),
      /nested at most 20 deep/,
    );
    assert.equal((await ask('GET', '/api/nothing')).status, 404);
  });

  it("shows nothing of a project to another project's key", async () => {
    const run = await send('POST', '/api/runs', { name: 'secret' });
    await publish('private', await archive());
    const key = secrets.stranger;
    assert.equal((await ask('GET', `/api/runs/${String(run.json.id)}`, { key })).status, 404);
    assert.deepEqual((await ask('GET', '/api/runs', { key })).json, { runs: [] });
    assert.deepEqual((await ask('GET', '/api/models', { key })).json, { models: [] });
    assert.equal((await ask('GET', '/api/models/private', { key })).status, 404);
    assert.equal(
      (await send('POST', `/api/runs/${String(run.json.id)}/end`, { status: 'failed' }, key)).status,
      404,
    );
    const { id } = (await send('POST', '/api/keys', { name: 'k', role: 'caller' }, secrets.admin)).json;
    assert.equal((await ask('DELETE', `/api/keys/${String(id)}`, { key })).status, 404);
    assert.equal((await ask('DELETE', `/api/keys/${String(id)}`)).status, 204);
    assert.deepEqual((await ask('GET', '/api/audit', { key })).json, { entries: [] });
  });
});
