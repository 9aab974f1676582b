// Inference through the whole platform straight from the connection: it answers, refuses, counts and notes as the app does.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { defaultProject } from './access/keys.js';
import { publishVersion } from './registry/index.js';
import { type Listening, listenWith } from './server/serve.js';
import { openService, type Service } from './service.js';
import { saveBrightnessModel } from './testing.js';
import { openLog } from './watching/index.js';

const good = { inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 1, 1, 1], data: [255] }] };

describe('inference through the platform', () => {
  let folder: string;
  let service: Service;
  let server: Listening;
  let directly = 0;
  let lines: Record<string, unknown>[] = [];
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line));
      done();
    },
  });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-direct-'));
    service = await openService({
      folder: join(folder, 'platform'),
      maxBodyBytes: 1000,
      log: openLog({ to }),
    });
    server = await listenWith(service.fetch, {
      port: 0,
      direct: (incoming, outgoing) => {
        const taken = service.direct(incoming, outgoing);
        if (taken) directly++;
        return taken;
      },
    });
    const directory = join(folder, 'bright');
    await saveBrightnessModel(directory);
    await publishVersion(service.store, { project: defaultProject, name: 'bright', directory });
    await ask('PUT', '/api/deployments/bright', { version: 1, replicas: 1 });
  });
  after(async () => {
    await server.close();
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${service.firstKey}`,
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  }

  /** The same request to the app, without a connection. */
  async function askApp(path: string, body: object, headers: Record<string, string>) {
    const response = await service.fetch(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${service.firstKey}`, ...headers },
        body: JSON.stringify(body),
      }),
    );
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  it('answers, and refuses, as the app does', async () => {
    const path = '/v2/models/bright/infer';
    const cases: [string, object, Record<string, string>, number][] = [
      [path, good, {}, 200],
      [path.replace('/infer', '/versions/1/infer'), good, {}, 200],
      [path, good, { Authorization: 'Bearer nonsense' }, 401],
      [path, good, { Authorization: '' }, 401],
      [path, { inputs: [] }, {}, 400],
      [path, { inputs: ' '.repeat(1000) }, {}, 413],
      [path.replace('bright', 'none'), good, {}, 404],
      [path.replace('/infer', '/versions/7/infer'), good, {}, 404],
    ];
    for (const [path, body, headers, status] of cases) {
      const id = { 'X-Request-Id': `ask-${status}` };
      const before = directly;
      const [direct, app] = [
        await ask('POST', path, body, { ...headers, ...id }),
        await askApp(path, body, { ...headers, ...id }),
      ];
      const told = (answer: typeof app) =>
        ['Content-Type', 'WWW-Authenticate', 'X-Content-Type-Options', 'X-Request-Id'].map((name) =>
          answer.headers.get(name),
        );
      assert.deepEqual([direct.status, direct.text], [app.status, app.text], path);
      assert.equal(direct.status, status);
      assert.deepEqual(told(direct), told(app));
      assert.equal(directly - before, status === 413 ? 0 : 1, 'straight from the connection');
    }
  });

  it('counts for metrics and the record of use, and is in the log', async () => {
    lines = [];
    const before = (await ask('GET', '/api/usage?by=all')).text;
    assert.equal(
      (await ask('POST', '/v2/models/bright/infer', good, { 'X-Request-Id': 'noted' })).status,
      200,
    );
    const line = lines.find(({ request }) => request === 'noted')!;
    assert.deepEqual(
      [line.route, line.path, line.status, line.by, line.project, line.model, line.version],
      ['/v2/models/:model/infer', '/v2/models/bright/infer', 200, 'first', defaultProject, 'bright', '1'],
    );
    const requests = (text: string): number =>
      (JSON.parse(text) as { usage: { requests: number; errors: number }[] }).usage.reduce(
        (sum, row) => sum + row.requests,
        0,
      );
    assert.equal(requests((await ask('GET', '/api/usage?by=all')).text), requests(before) + 1);
    const metrics = (await ask('GET', '/metrics')).text;
    assert.match(metrics, /route="\/v2\/models\/:model\/infer",status="200"/);
    assert.match(metrics, /nv_inference_request_success\{[^}]*model="bright"[^}]*\} \d/);
  });

  it('is refused by a quota, and to a key from the moment that it is revoked', async () => {
    const made = JSON.parse((await ask('POST', '/api/keys', { name: 'k', role: 'caller' })).text) as {
      id: string;
      key: string;
    };
    const mine = { Authorization: `Bearer ${made.key}` };
    const infer = () => ask('POST', '/v2/models/bright/infer', good, mine);
    await ask('PUT', '/api/quotas', { key: made.id, requestsPerMinute: 2 });
    assert.deepEqual([(await infer()).status, (await infer()).status], [200, 200]);
    const refused = await infer();
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    assert.equal((await ask('DELETE', `/api/keys/${made.id}`)).status, 204);
    const revoked = await infer();
    assert.equal(revoked.status, 401);
    assert.match(revoked.text, /was revoked/);
  });

  it('that is cut off is noted, and leaves nothing behind', async () => {
    lines = [];
    const gone = new AbortController();
    const asked = fetch(`${server.url}/v2/models/bright/infer`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${service.firstKey}`,
        'X-Request-Id': 'cut',
        'Content-Length': '500',
      },
      body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) }),
      duplex: 'half',
      signal: gone.signal,
    });
    setTimeout(() => gone.abort(), 50);
    await assert.rejects(asked);
    while (!lines.some(({ request }) => request === 'cut')) await new Promise((go) => setTimeout(go, 5));
    assert.equal(lines.find(({ request }) => request === 'cut')!.status, 400);
    assert.equal((await ask('DELETE', '/api/deployments/bright')).status, 204);
  });
});
