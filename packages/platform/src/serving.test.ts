// Deployments of several versions, a bounded memory, and Triton's repository, through the whole platform.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createKey, defaultProject } from './access/keys.js';
import { publishVersion } from './registry/index.js';
import { openService, type Service } from './service.js';
import { saveBrightnessModel } from './testing.js';

/** Versions have so many classes: the answer shows which version gave it. */
const classesOf = (version: string): number => 1 + Number(version);

describe('deployments of several versions', () => {
  let folder: string;
  let service: Service;
  let key: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-serving-'));
    // Room for three versions with one replica each (20 MB and some kB).
    service = await openService({ folder, modelMemory: 65e6 });
    key = service.firstKey!;
    for (const version of ['1', '2', '3', '4']) {
      const directory = join(folder, `bright-${version}`);
      const labels = Array.from({ length: classesOf(version) }, (_, i) => `class ${i}`);
      await saveBrightnessModel(directory, { labels });
      await publishVersion(service.store, { project: defaultProject, name: 'bright', directory });
      if (version === '1')
        await publishVersion(service.store, { project: defaultProject, name: 'other', directory });
    }
  });
  after(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const send = async (method: string, path: string, body?: object, secret = key) => {
    const response = await service.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  };
  const deploy = (version: number, more: object = {}) =>
    send('PUT', '/api/deployments/bright', { version, replicas: 1, ...more });
  const challenge = (version: number, share: number) =>
    send('PUT', `/api/deployments/bright/versions/${version}`, { share });
  const image = { name: 'image', datatype: 'UINT8', shape: [1, 1, 1, 2], data: [0, 255] };

  /** Asks, makes sure that the answer is that of the version that it names, and gives that version. */
  const ask = async (path = '/v2/models/bright'): Promise<string> => {
    const { status, json } = await send('POST', `${path}/infer`, { inputs: [image] });
    assert.equal(status, 200, JSON.stringify(json));
    const { model_version: version, outputs } = json as {
      model_version: string;
      outputs: { data: number[] }[];
    };
    const weights = Array.from({ length: classesOf(version) }, (_, k) => Math.exp(4 * k * 0.5));
    const sum = weights.reduce((total, weight) => total + weight);
    assert.equal(outputs[0]!.data.length, weights.length, `version ${version}`);
    for (const [k, weight] of weights.entries())
      assert.ok(Math.abs(outputs[0]!.data[k]! - weight / sum) < 1e-6);
    return version;
  };
  const askMany = async (count: number): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const version = await ask();
      counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  };
  const versions = async () => {
    const { json } = await send('GET', '/api/deployments');
    return (json.deployments as { versions: { version: number; requests: number; loaded: boolean }[] }[])[0]!
      .versions;
  };

  it('share the requests as they are told to, and are asked by number too', async () => {
    assert.equal((await challenge(2, 10)).status, 404, 'nothing is deployed yet');
    await deploy(1);
    assert.deepEqual(await askMany(10), { 1: 10 });
    assert.equal((await challenge(2, 10)).status, 200);
    assert.equal((await challenge(3, 25)).status, 200);
    assert.deepEqual(await askMany(100), { 1: 65, 2: 10, 3: 25 });
    assert.equal(await ask('/v2/models/bright/versions/2'), '2');
    assert.deepEqual((await send('GET', '/v2/models/bright')).json.versions, ['1', '2', '3']);
    assert.equal((await send('GET', '/v2/models/bright/versions/4')).status, 404);
    const cases: [Promise<{ status: number; json: Record<string, unknown> }>, number, RegExp][] = [
      [challenge(1, 5), 400, /is the one that is deployed/],
      [challenge(2, 75), 400, /would answer 100 per cent/],
      [challenge(2, 100), 400, /share/],
      [challenge(9, 5), 404, /no version 9/],
      [send('DELETE', '/api/deployments/bright/versions/4'), 404, /is no challenger/],
      [send('DELETE', '/api/models/bright/versions/3'), 409, /is deployed/],
    ];
    for (const [answer, status, message] of cases) {
      const { status: given, json } = await answer;
      assert.match(String(json.error), message);
      assert.equal(given, status);
    }
  });

  it('end, or take the place of the one before with its settings', async () => {
    assert.equal((await send('DELETE', '/api/deployments/bright/versions/2')).status, 200);
    const promoted = await send('POST', '/api/deployments/bright/versions/3/promote');
    assert.deepEqual([promoted.json.version, promoted.json.replicas], [3, 1]);
    assert.deepEqual(await askMany(20), { 3: 20 });
  });

  it('get copies of requests as shadows, and answer none of them', async () => {
    await challenge(4, 0);
    assert.deepEqual(await askMany(20), { 3: 20 });
    for (let i = 0; i < 100 && (await versions())[1]!.requests < 20; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const { loaded: _, ...shadow } = (await versions())[1]!;
    assert.deepEqual(shadow, { version: 4, share: 0, requests: 20, failed: 0 });
    await send('DELETE', '/api/deployments/bright/versions/4');
  });

  it('give way in a bounded memory to what is asked for, and come back when they are', async () => {
    await challenge(1, 30);
    await challenge(2, 30);
    const opened = await send('PUT', '/api/deployments/other', { version: 1, replicas: 1 });
    assert.equal(opened.status, 200);
    const loaded = async () => (await versions()).filter((each) => each.loaded).length;
    assert.equal(await loaded(), 2, 'one made room');
    await askMany(10);
    assert.equal(await loaded(), 3);
    assert.equal(await ask('/v2/models/bright/versions/1'), '1');
    const tooLarge = await send('PUT', '/api/deployments/other', { version: 1, replicas: 4 });
    assert.equal(tooLarge.status, 409);
    assert.match(String(tooLarge.json.error), /takes about 81 MB, but all models together may take 65 MB/);
    assert.equal((await send('GET', '/v2/models/other')).status, 200);
    await send('DELETE', '/api/deployments/other');
  });

  it('keep what was asked for over a restart', async () => {
    await service.close();
    service = await openService({ folder, modelMemory: 65e6 });
    assert.deepEqual(await askMany(100), { 1: 30, 2: 30, 3: 40 });
  });

  it('lose no request while versions, shares and shadows change under load', async () => {
    await send('DELETE', '/api/deployments/bright');
    await service.close();
    service = await openService({ folder });
    await deploy(1);
    const counts: Record<string, number> = {};
    let stop = false;
    const client = async (): Promise<void> => {
      while (!stop) {
        const version = await ask();
        counts[version] = (counts[version] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    };
    const clients = Array.from({ length: 4 }, client);
    for (let round = 0; round < 4; round++) {
      const [one, other] = [1 + (round % 4), 1 + ((round + 1) % 4)];
      const changes = [
        () => deploy(one, { batchSize: round % 2 === 0 ? 8 : 1 }),
        () => challenge(other, 30),
        () => challenge(other, 0),
        () => challenge(other, 60),
        () => send('POST', `/api/deployments/bright/versions/${other}/promote`),
      ];
      for (const change of changes) {
        const { status, json } = await change();
        assert.equal(status, 200, JSON.stringify(json));
      }
    }
    stop = true;
    await Promise.all(clients);
    assert.deepEqual(Object.keys(counts), ['1', '2', '3', '4'], JSON.stringify(counts));
  });

  it('are a repository as Triton has it', async () => {
    await deploy(2);
    await challenge(3, 10);
    await send('DELETE', '/api/deployments/bright/versions/1');
    const index = async (body?: object, secret?: string) =>
      (await send('POST', '/v2/repository/index', body, secret)).json;
    const deployed = (await versions()).map(({ version }) => ({
      ...{ name: 'bright', version: String(version), state: 'READY' },
    }));
    const other = { name: 'other', state: 'UNAVAILABLE', reason: 'unloaded' };
    assert.deepEqual(await index({ ready: false }), [...deployed, other]);
    assert.deepEqual(await index({ ready: true }), deployed);
    const load = (action: string, secret = key, body?: object) =>
      send('POST', `/v2/repository/models/other/${action}`, body, secret);
    assert.equal((await send('GET', '/v2/models/other/ready')).status, 404);
    assert.deepEqual(await load('load', key, { parameters: {} }), { status: 200, json: {} });
    assert.equal((await send('GET', '/v2/models/other/ready')).status, 200);
    assert.equal((await load('load')).status, 200);
    assert.equal((await load('unload', key, { parameters: { unload_dependents: false } })).status, 200);
    assert.equal((await load('unload')).status, 404);
    assert.deepEqual(await index(), [...deployed, other]);
    const { key: caller } = await createKey(service.store.db, {
      ...{ project: defaultProject, name: 'caller', role: 'caller', models: ['other'] },
    });
    assert.deepEqual(await index({}, caller), [other]);
    assert.equal((await load('load', caller)).status, 403);
    assert.equal((await load('load', key, { parameters: { config: '{}' } })).status, 400);
    assert.equal((await load('load', key, [])).status, 400);
  });
});
