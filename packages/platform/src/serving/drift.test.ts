import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { openService, type Service } from '../service.js';
import { deployBright, populate } from '../testing/populate.js';

interface View {
  readonly settings: { readonly mode: string };
  readonly versions: readonly {
    readonly version: string;
    readonly baseline: number;
    readonly examples: number;
    readonly last?: { readonly indices: Readonly<Record<string, number>> };
  }[];
}

let folder: string;
let service: Service;
let random = 1;
const told: Record<string, unknown>[] = [];
const alarm = createServer((request, response) => {
  json(request).then((body) => {
    told.push(body as Record<string, unknown>);
    response.end();
  });
});
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-drift-'));
  alarm.listen(0, '127.0.0.1');
  await once(alarm, 'listening');
  service = await openService({ folder });
  await populate(service, folder);
  await deployBright(service, service.firstKey!);
});
after(async () => {
  await service.close();
  alarm.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: object): Promise<Response> {
  return service.fetch(
    new Request(`http://localhost${path}`, {
      method,
      headers: { Authorization: `Bearer ${service.firstKey}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
}
const set = (settings: object) => ask('PUT', '/api/drift/bright', settings);
const view = async (): Promise<View> => (await (await ask('GET', '/api/drift/bright')).json()) as View;

/** Sends pictures of 6 x 6 whose brightness is about a level. */
async function send(count: number, level: number): Promise<void> {
  const noise = (): number => {
    random = (random * 48_271) % 2_147_483_647;
    return (random / 2_147_483_647 - 0.5) * 60;
  };
  for (let i = 0; i < count; i += 10) {
    const data = Array.from({ length: 10 }, () => {
      const mean = level + noise();
      return Array.from({ length: 36 }, () => Math.round(mean + noise()));
    }).flat();
    const image = { name: 'image', datatype: 'UINT8', shape: [10, 1, 6, 6], data };
    const response = await ask('POST', '/v2/models/bright/infer', { inputs: [image] });
    assert.equal(response.status, 200, await response.text());
  }
}

it('compares what comes with the training data, and tells when it begins to drift and when it does no more', async () => {
  assert.equal((await ask('GET', '/api/drift/bright')).status, 404, 'off until it is set');
  assert.equal((await set({ mode: 'watch' })).status, 400, 'there is nothing to compare with');
  assert.equal((await set({ mode: 'baseline' })).status, 204);
  await send(600, 100);
  const webhook = `http://127.0.0.1:${(alarm.address() as AddressInfo).port}/alarm`;
  assert.equal((await set({ mode: 'watch', window: 300, webhook })).status, 204);
  assert.equal((await view()).versions[0]!.baseline, 600);
  await send(300, 100);
  const alike = (await view()).versions[0]!.last!.indices;
  assert.deepEqual(Object.keys(alike).toSorted(), [
    'image.deviation',
    'image.mean',
    'image.size',
    'probabilities[0]',
    'probabilities[1]',
  ]);
  for (const [feature, index] of Object.entries(alike)) assert.ok(index < 0.2, `${feature}: ${index}`);
  assert.equal(told.length, 0);
  await send(600, 170);
  const other = (await view()).versions[0]!.last!.indices;
  assert.ok(other['image.mean']! > 1 && other['image.deviation']! < 0.2, JSON.stringify(other));
  await send(300, 100);
  for (let i = 0; told.length < 2 && i < 500; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(
    told.map(({ drifts, model, version, project }) => [project, model, version, drifts]),
    [
      ['default', 'bright', '1', true],
      ['default', 'bright', '1', false],
    ],
  );
  const metrics = await (await ask('GET', '/metrics')).text();
  assert.match(
    metrics,
    /modelwright_drift_index\{project="default",model="bright",version="1",feature="image.mean"\} 0\.\d/,
  );
});

it('goes on after a restart, looks at a share alone, and is taken away', async () => {
  const key = service.firstKey;
  await service.close();
  service = { ...(await openService({ folder })), firstKey: key };
  const restarted = await view();
  assert.deepEqual([restarted.settings.mode, restarted.versions[0]!.baseline], ['watch', 600]);
  await set({ mode: 'watch', share: 0, window: 100 });
  await send(100, 170);
  assert.equal((await view()).versions[0]!.examples, 0, 'none is looked at');
  await set({ mode: 'watch', share: 1, window: 1000 });
  await send(50, 170);
  assert.equal((await view()).versions[0]!.examples, 50);
  assert.equal((await set({ mode: 'watch', webhook: 'file:///etc/passwd' })).status, 400);
  assert.equal((await ask('DELETE', '/api/drift/bright')).status, 204);
  assert.equal((await ask('GET', '/api/drift/bright')).status, 404);
});
