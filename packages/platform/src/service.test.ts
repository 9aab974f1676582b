import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from 'modelwright/data';
import { createKey } from './access/keys.js';
import { publishVersion, setAlias } from './registry/index.js';
import { defaultProject, openService, type Service } from './service.js';
import { brightProbability, plainImage, saveBrightnessModel } from './testing.js';

/** Names of the classes by version: an answer shows which version gave it. */
const labelsOf: Readonly<Record<string, readonly [string, string]>> = {
  1: ['dark', 'bright'],
  2: ['low', 'high'],
};

describe('the platform', () => {
  let folder: string;
  let service: Service;
  let key: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-service-'));
    service = await openService({ folder });
    key = service.firstKey!;
    for (const [version, labels] of Object.entries(labelsOf)) {
      const directory = join(folder, `bright-${version}`);
      await saveBrightnessModel(directory, { labels });
      await publishVersion(service.store, { project: defaultProject, name: 'bright', directory });
    }
    await setAlias(service.store.db, defaultProject, 'bright', 'champion', '1');
  });
  after(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (method: string, path: string, body?: BodyLike, more: Record<string, string> = {}) =>
    service.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, ...more },
        ...(body !== undefined && { body }),
      }),
    );
  const deploy = (version: string | number) =>
    ask('PUT', '/api/deployments/bright', JSON.stringify({ version, replicas: 1 }), {
      'Content-Type': 'application/json',
    });
  const picture = async (level: number): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await encodePng(plainImage(level)));

  it('needs no key to say that it lives, and one for everything else', async () => {
    const open = (path: string) => service.fetch(new Request(`http://localhost${path}`));
    assert.equal((await open('/v2/health/live')).status, 200);
    assert.equal((await open('/v2/health/ready')).status, 200);
    assert.equal((await open('/v2/models/bright')).status, 401);
    assert.equal((await open('/api/models/bright/predict')).status, 401);
    assert.equal((await open('/api/runs')).status, 401);
  });

  it('deploys a version, which answers on pictures and over the Open Inference Protocol, and ends it', async () => {
    assert.equal((await ask('POST', '/api/models/bright/predict', await picture(255))).status, 404);
    const deployed = await deploy('champion');
    assert.deepEqual(await deployed.json(), {
      model: 'bright',
      reference: 'champion',
      version: 1,
      replicas: 1,
      ready: true,
      versions: [{ version: 1, share: 100, loaded: true, requests: 0, failed: 0 }],
    });
    const predicted = await ask('POST', '/api/models/bright/predict', await picture(255));
    const { version, predictions } = (await predicted.json()) as Predicted;
    assert.equal(version, '1');
    assert.equal(predictions[0]!.label, 'bright');
    assert.ok(Math.abs(predictions[0]!.probability - brightProbability(1)) < 1e-6);
    const described = await ask('GET', '/v2/models/bright');
    assert.deepEqual(((await described.json()) as { versions: string[] }).versions, ['1']);
    const removed = await ask('DELETE', '/api/models/bright/versions/1');
    assert.equal(removed.status, 409, 'a deployed version is not deleted');
    assert.equal((await ask('DELETE', '/api/deployments/bright')).status, 204);
    assert.equal((await ask('POST', '/api/models/bright/predict', await picture(0))).status, 404);
    assert.equal((await ask('DELETE', '/api/deployments/bright')).status, 404);
  });

  it('follows an alias that moves', async () => {
    await deploy('champion');
    await ask('PUT', '/api/models/bright/aliases/champion', JSON.stringify({ version: 2 }), {
      'Content-Type': 'application/json',
    });
    await deploy(1);
    const removed = await ask('DELETE', '/api/models/bright/versions/1');
    assert.match(((await removed.json()) as { error: string }).error, /Version 1 of 'bright' is deployed/);
    await deploy('champion');
    const answer = (await (
      await ask('POST', '/api/models/bright/predict', await picture(255))
    ).json()) as Predicted;
    assert.deepEqual([answer.version, answer.predictions[0]!.label], ['2', 'high']);
  });

  it('loses no request while versions change under load, and each answer is that of the version it names', async () => {
    const bright = await picture(255);
    const counts: Record<string, number> = {};
    let stop = false;
    const client = async (): Promise<void> => {
      while (!stop) {
        const response = await ask('POST', '/api/models/bright/predict', bright);
        assert.equal(response.status, 200, await response.clone().text());
        const { version, predictions } = (await response.json()) as Predicted;
        assert.equal(predictions[0]!.label, labelsOf[version]![1]);
        counts[version] = (counts[version] ?? 0) + 1;
      }
    };
    const clients = Array.from({ length: 6 }, client);
    for (let swap = 0; swap < 12; swap++) assert.equal((await deploy(1 + (swap % 2))).status, 200);
    stop = true;
    await Promise.all(clients);
    assert.ok(counts[1]! > 0 && counts[2]! > 0, JSON.stringify(counts));
  });

  it('says no to a key that may not call the model, and keeps serving when a new version cannot be opened', async () => {
    await deploy(1);
    const mine = key;
    key = (
      await createKey(service.store.db, { project: defaultProject, name: 'k', role: 'caller', models: ['x'] })
    ).key;
    assert.equal((await ask('POST', '/api/models/bright/predict', await picture(0))).status, 403);
    assert.equal((await ask('GET', '/v2/models/bright')).status, 403);
    key = mine;
    assert.equal((await deploy(99)).status, 404);
    assert.equal((await ask('POST', '/api/models/bright/predict', await picture(0))).status, 200);
  });

  it('deploys the same again after a restart, and shows its first key once', async () => {
    await deploy(2);
    await service.close();
    service = await openService({ folder });
    assert.equal(service.firstKey, undefined);
    const answer = (await (
      await ask('POST', '/api/models/bright/predict', await picture(255))
    ).json()) as Predicted;
    assert.equal(answer.version, '2');
  });

  it('without keys answers this machine alone, and no page of another site', async () => {
    const own = await mkdtemp(join(tmpdir(), 'modelwright-insecure-'));
    const insecure = await openService({ folder: own, insecure: true });
    const status = async (url: string, headers: Record<string, string> = {}) =>
      (await insecure.fetch(new Request(url, { headers }))).status;
    assert.equal(insecure.firstKey, undefined);
    for (const name of ['localhost:8080', '127.0.0.1', '[::1]:8080']) {
      assert.equal(await status(`http://${name}/api/runs`), 200, name);
    }
    const origin = (Origin: string) => status('http://localhost/api/runs', { Origin });
    assert.equal(await origin('http://localhost:5173'), 200);
    assert.equal(await origin('https://elsewhere.example'), 403);
    assert.equal(await origin('null'), 403);
    assert.equal(await status('http://elsewhere.example/api/runs'), 403);
    assert.equal(await status('http://elsewhere.example/v2/models/x'), 403);
    await insecure.close();
    await rm(own, { recursive: true, force: true });
  });

  it('has one process at a time', async () => {
    await assert.rejects(openService({ folder }), /is in use by the process/);
  });
});

type BodyLike = string | Uint8Array<ArrayBuffer>;

interface Predicted {
  readonly version: string;
  readonly predictions: readonly { readonly label: string; readonly probability: number }[];
}
