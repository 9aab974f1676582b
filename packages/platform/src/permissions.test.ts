import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { createKey, revokeKey } from './access/keys.js';
import { defaultProject, openService, type Service } from './service.js';
import { keys, type Role } from './store/schema.js';
import { addressOf, deployBright, type Places, populate } from './testing/populate.js';
import { type Described, type DescribedRoute, routesOf, sampleOf } from './testing/routes.js';

/** Routes that the API's document does not have: those of served models. */
const served: readonly Pick<DescribedRoute, 'method' | 'path' | 'role'>[] = [
  ...['', '/versions/1'].flatMap((version) => [
    { method: 'GET', path: `/v2/models/{name}${version}` },
    { method: 'GET', path: `/v2/models/{name}${version}/ready` },
    { method: 'POST', path: `/v2/models/{name}${version}/infer` },
  ]),
  { method: 'POST', path: '/api/models/{name}/predict' },
  { method: 'GET', path: '/api/models/{name}/stream' },
  { method: 'GET', path: '/v1/models/{name}' },
  { method: 'POST', path: '/v2/repository/models/{name}/load', role: 'developer' as const },
  { method: 'POST', path: '/v2/repository/models/{name}/unload', role: 'developer' as const },
].map((route) => ({ role: 'caller', ...route }));

/** Those of OpenAI's API, which name the model in the body. */
const openAi = ['completions', 'chat/completions', 'embeddings', 'moderations'].map((name) => `/v1/${name}`);

/** Routes that need no key, and nothing else. */
const unguarded = ['POST /api/sessions', 'GET /healthz', 'GET /readyz'];

describe('every route', () => {
  let folder: string;
  let service: Service;
  let document: Described;
  let routes: Pick<DescribedRoute, 'method' | 'path' | 'role' | 'body'>[];
  let places: Places;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-permissions-'));
    service = await openService({ folder });
    places = await populate(service, folder);
    document = (await (await ask('GET', '/api/openapi.json', '')).json()) as Described;
    const described = routesOf(document);
    assert.ok(described.length > 30, `${described.length} routes`);
    routes = [...described, ...served];
    const deployed = await deployBright(service, service.firstKey!);
    assert.equal(deployed.status, 200);
  });
  after(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (method: string, path: string, key: string, body?: unknown) =>
    service.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: {
          ...(key !== '' && { Authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  /** Asks a route for things that there are, with a body that fits. @returns the status and what was said */
  async function askRoute(route: (typeof routes)[number], key: string): Promise<readonly [number, string]> {
    const path = addressOf(route.path, places);
    const isJson = route.body?.type === 'application/json';
    const body = isJson ? sampleOf(document, route.body!.schema) : undefined;
    const response = await ask(route.method, path, key, body);
    return [response.status, `${route.method} ${path}: ${(await response.text()).slice(0, 200)}`];
  }
  const newKey = (role: Role, more: object = {}) =>
    createKey(service.store.db, { project: defaultProject, name: role, role, ...more });

  it('says what it needs', () => {
    const without = routes.filter(({ role }) => role === undefined);
    assert.deepEqual(without.map(({ method, path }) => `${method} ${path}`).toSorted(), unguarded.toSorted());
  });

  it('refuses requests without a key, and with one that is nonsense, unknown, expired or revoked', async () => {
    const { db } = service.store;
    const expired = await newKey('admin');
    await db
      .update(keys)
      .set({ expiresAt: new Date(0) })
      .where(eq(keys.id, expired.id));
    const revoked = await newKey('admin');
    await revokeKey(db, defaultProject, revoked.id);
    const unknown = `mw_${'0'.repeat(12)}_${'0'.repeat(48)}`;
    for (const route of routes.filter(({ role }) => role !== undefined)) {
      for (const key of ['', 'nonsense', unknown, expired.key, revoked.key]) {
        const [status, said] = await askRoute(route, key);
        assert.equal(status, 401, said);
      }
    }
  });

  it('refuses keys of a role that may do less', async () => {
    const lesser: Readonly<Record<Role, readonly Role[]>> = {
      admin: ['developer', 'caller', 'worker'],
      developer: ['caller', 'worker'],
      caller: ['worker'],
      worker: ['caller'],
    };
    assert.ok(routes.filter(({ role }) => role === 'worker').length > 12, 'routes of workers');
    for (const route of routes.filter(({ role }) => role !== undefined)) {
      for (const role of lesser[route.role ?? 'caller']) {
        const [status, said] = await askRoute(route, (await newKey(role)).key);
        assert.equal(status, 403, `as ${role}: ${said}`);
      }
    }
  });

  it('lets workers do jobs, and nothing else', async () => {
    const { key } = await newKey('worker');
    const attempts = /^\/api\/jobs\/(claim|\{id\}\/attempts\/)/;
    for (const route of routes.filter(({ role }) => role !== undefined)) {
      const isWork = attempts.test(route.path);
      assert.equal(route.role === 'worker', isWork, route.path);
      if (isWork && route.path.endsWith('/end')) continue; // last, below: the job is no longer the attempt's then
      const [status, said] = await askRoute(route, key);
      if (isWork) assert.ok(![401, 403].includes(status), `${status} of ${said}`);
      else assert.equal(status, 403, said);
    }
    for (const path of openAi)
      assert.equal((await ask('POST', path, key, { model: 'bright' })).status, 403, path);
    const end = routes.find(({ path }) => path.endsWith('/attempts/{attempt}/end'))!;
    const [status, said] = await askRoute(end, key);
    assert.equal(status, 200, said);
  });

  it("refuses them on OpenAI's routes as well", async () => {
    const limited = (await newKey('caller', { models: ['another'] })).key;
    const stranger = (await createKey(service.store.db, { project: 'other', name: 's', role: 'admin' })).key;
    const chat = { messages: [{ role: 'user', content: 'x' }], prompt: 'x', input: 'x' };
    for (const path of openAi) {
      const status = async (key: string) =>
        (await ask('POST', path, key, { model: 'bright', ...chat })).status;
      const found = [
        await status(''),
        await status('nonsense'),
        await status(limited),
        await status(stranger),
      ];
      assert.deepEqual(found, [401, 401, 403, 404], path);
    }
    const form = new FormData();
    form.set('model', 'bright');
    form.set('file', new File(['x'], 'x.wav'));
    const headers = { Authorization: `Bearer ${limited}` };
    const address = 'http://localhost/v1/audio/transcriptions';
    assert.equal(
      (await service.fetch(new Request(address, { method: 'POST', body: form, headers }))).status,
      403,
    );
    assert.equal((await service.fetch(new Request(address, { method: 'POST', body: form }))).status, 401);
    assert.equal((await ask('GET', '/v1/models', '')).status, 401);
    assert.equal((await ask('POST', '/v2/repository/index', '')).status, 401);
    assert.deepEqual(await (await ask('POST', '/v2/repository/index', stranger)).json(), []);
    const seen = (await (await ask('GET', '/v1/models', stranger)).json()) as { data: object[] };
    assert.deepEqual(seen.data, []);
  });

  it('refuses keys that may call other models alone, where a model is asked', async () => {
    const { key } = await newKey('caller', { models: ['another'] });
    for (const route of served) {
      const [status, said] = await askRoute(route, key);
      assert.ok(status === 403 || status === 404, `${status} of ${said}`);
    }
  });

  it('refuses keys for other models alone, where a model is changed', async () => {
    const { key } = await newKey('admin', { models: ['another'] });
    const changing = routes.filter(
      ({ method, path }) =>
        method !== 'GET' &&
        /^\/(api\/(models|deployments|drift)|v2\/repository\/models)\/\{name\}/.test(path),
    );
    assert.ok(changing.length > 10, `${changing.length} routes`);
    for (const route of changing) {
      const [status, said] = await askRoute(route, key);
      assert.equal(status, 403, said);
    }
    const jobs = [
      { kind: 'train', task: 'image-classification', data: 'digits', publish: 'bright' },
      { kind: 'evaluate', model: 'bright', data: 'digits' },
    ];
    for (const job of jobs) assert.equal((await ask('POST', '/api/jobs', key, job)).status, 403, job.kind);
  });

  it("does not find what is another project's", async () => {
    const { key } = await createKey(service.store.db, { project: 'other', name: 'stranger', role: 'admin' });
    for (const route of routes.filter(({ path, role }) => role !== undefined && path.includes('{'))) {
      if (route.path === '/api/models/{name}/versions' && route.method === 'POST') continue; // it makes one of its own
      const [status, said] = await askRoute(route, key);
      assert.ok(status === 403 || status === 404, `${status} of ${said}`);
    }
    for (const path of [
      '/api/runs',
      '/api/jobs',
      '/api/models',
      '/api/deployments',
      '/api/users',
      '/api/audit',
    ]) {
      const found = Object.values((await (await ask('GET', path, key)).json()) as object);
      assert.deepEqual(found, [[]], path);
    }
    assert.equal((await ask('GET', '/metrics', key)).status, 403);
    assert.equal((await ask('POST', '/api/maintenance/collect', key)).status, 403);
  });
});
