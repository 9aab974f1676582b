import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { NdArray } from 'modelwright/runtime';
import { createKey } from './access/keys.js';
import { publishVersion } from './registry/index.js';
import { defaultProject, openService, type Service } from './service.js';
import { saveBrightnessModel, saveCountingModel } from './testing.js';
import { openLog } from './watching/index.js';

describe('what the platform tells of itself', () => {
  let folder: string;
  let service: Service;
  let lines: Record<string, unknown>[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-watching-'));
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line));
        done();
      },
    });
    service = await openService({ folder, log: openLog({ level: 'debug', to }) });
    await saveBrightnessModel(join(folder, 'bright'));
    await saveCountingModel(join(folder, 'counting'));
    for (const name of ['bright', 'counting']) {
      await publishVersion(service.store, { project: defaultProject, name, directory: join(folder, name) });
      await ask('PUT', `/api/deployments/${name}`, { version: 1, replicas: 1 });
    }
  });
  after(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (
    method: string,
    path: string,
    body?: object,
    { key = service.firstKey!, headers = {} }: { key?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> =>
    service.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: {
          ...(key !== '' && { Authorization: `Bearer ${key}` }),
          ...(body && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
  /** The values of the metrics by name and labels. */
  const metrics = async (): Promise<Map<string, number>> => {
    const text = await (await ask('GET', '/metrics')).text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(samples.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
  };
  const infer = (count: number) => ({
    inputs: [
      {
        name: 'image',
        datatype: 'UINT8',
        shape: [count, 1, 1, 2],
        data: new NdArray('uint8', [2 * count]).toNumbers(),
      },
    ],
  });

  it('says that it lives and is ready, without a key', async () => {
    for (const [path, body] of [
      ['/healthz', { live: true }],
      ['/readyz', { ready: true }],
    ] as const) {
      const response = await ask('GET', path, undefined, { key: '' });
      assert.deepEqual([response.status, await response.json()], [200, body]);
    }
  });

  it('counts requests and inferences by model and version, under the names that Triton has', async () => {
    const labels = '{project="default",model="bright",version="1"}';
    assert.equal((await ask('POST', '/v2/models/bright/infer', infer(3))).status, 200);
    assert.equal((await ask('POST', '/v2/models/bright/infer', infer(2))).status, 200);
    assert.equal((await ask('POST', '/v2/models/bright/infer', { inputs: [] })).status, 400);
    assert.equal((await ask('POST', '/v2/models/nothing/infer', infer(1))).status, 404);
    const found = await metrics();
    assert.equal(found.get(`nv_inference_request_success${labels}`), 2);
    assert.equal(found.get(`nv_inference_request_failure${labels}`), 1);
    assert.equal(found.get(`nv_inference_count${labels}`), 5);
    assert.equal(found.get(`nv_inference_exec_count${labels}`), 2);
    assert.equal(found.get(`nv_inference_pending_request_count${labels}`), 0);
    const [compute, whole] = ['compute_infer', 'request'].map((part) =>
      Number(found.get(`nv_inference_${part}_duration_us${labels}`)),
    );
    assert.ok(compute! > 0 && compute! < whole!, `${compute} of ${whole} us`);
    assert.ok(found.has(`nv_inference_queue_duration_us${labels}`));
    assert.ok(![...found.keys()].some((name) => name.includes('nothing')), 'only models there are');
    assert.ok(Number(found.get('process_resident_memory_bytes')) > 1e6);
    assert.equal(found.get('modelwright_jobs_queued'), 0);
  });

  it('counts requests by route, whatever people write into addresses', async () => {
    const before = await metrics();
    for (const id of ['a', 'b']) await ask('GET', `/api/runs/${id}`);
    for (const path of ['/api/no/such', '/elsewhere', '/v2/no']) await ask('GET', path);
    await ask('GET', '/api/runs', undefined, { key: 'wrong' });
    const after = await metrics();
    const more = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    assert.equal(more('http_requests_total{method="GET",route="/api/runs/:id",status="404"}'), 2);
    assert.equal(more('http_requests_total{method="GET",route="/api/runs",status="401"}'), 1);
    assert.equal(more('http_request_duration_seconds_count{method="GET",route="/api/runs/:id"}'), 2);
    assert.ok(![...after.keys()].some((name) => /such|elsewhere/.test(name)));
  });

  it('counts the tokens of texts, and times their pieces', async () => {
    const labels = '{project="default",model="counting",version="1"}';
    const request = { prompt: '0123', maximumLength: 5, temperature: 0, stream: true };
    const response = await ask('POST', '/api/models/counting/predict', request);
    assert.match(await response.text(), /"tokens":5/);
    const found = await metrics();
    assert.equal(found.get(`generation_tokens_total${labels}`), 5);
    assert.equal(found.get(`time_to_first_token_seconds_count${labels}`), 1);
    assert.equal(found.get(`inter_token_latency_seconds_count${labels}`), 4);
    assert.equal(found.get(`nv_inference_request_success${labels}`), 1);
  });

  it('bounds what a key may ask, and tells what was asked', async () => {
    const { db } = service.store;
    const { id, key } = await createKey(db, { project: defaultProject, name: 'bounded', role: 'caller' });
    const writer = { key: id, model: 'counting', tokensPerMinute: 4 };
    assert.equal((await ask('PUT', '/api/quotas', { key: id, requestsPerMinute: 3 })).status, 204);
    assert.equal((await ask('PUT', '/api/quotas', writer)).status, 204);
    const path = '/v2/models/bright/infer';
    assert.equal((await ask('POST', path, infer(1), { key })).status, 200);
    assert.equal(
      (await ask('GET', '/v2/models/bright', undefined, { key })).status,
      200,
      'it does not count',
    );
    const write = { model: 'counting', prompt: '0123', max_tokens: 6, temperature: 0 };
    const written = await ask('POST', '/v1/completions', write, { key });
    const { total_tokens: tokens } = ((await written.json()) as { usage: { total_tokens: number } }).usage;
    const over = await ask('POST', '/v1/completions', write, { key });
    const { error } = (await over.json()) as { error: { message: string; code: string } };
    assert.deepEqual([over.status, error.code], [429, 'rate_limit_exceeded']);
    assert.match(error.message, /4 tokens a minute for the key '\w+' and the model 'counting'/);
    assert.equal((await ask('POST', path, infer(1), { key })).status, 200);
    const refused = await ask('POST', path, infer(1), { key });
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get('Retry-After')!, /^(19|20)$/);
    const { usage } = (await (await ask('GET', `/api/usage?by=all&key=${id}`)).json()) as { usage: object[] };
    const shown = usage.map((row) => ({ ...row, at: '', milliseconds: 0, bytes: 0 }));
    const common = {
      at: '',
      key: id,
      caller: 'bounded',
      version: '1',
      bytes: 0,
      milliseconds: 0,
      jobSeconds: 0,
    };
    assert.deepEqual(shown, [
      { ...common, model: 'bright', requests: 3, errors: 1, refused: 1, tokens: 0 },
      { ...common, model: 'counting', requests: 2, errors: 1, refused: 1, tokens },
    ]);
    const csv = await (await ask('GET', `/api/usage.csv?key=${id}`)).text();
    assert.equal(csv.split('\r\n').length, 4);
    const { quotas } = (await (await ask('GET', '/api/quotas')).json()) as { quotas: { used: object }[] };
    assert.deepEqual(quotas[0]!.used, { requests: 3, tokens });
    assert.equal((await ask('DELETE', `/api/quotas?key=${id}`)).status, 204);
    assert.equal((await ask('POST', path, infer(1), { key })).status, 200);
  });

  it('shows metrics to those who run the platform alone', async () => {
    const { db } = service.store;
    assert.equal((await ask('GET', '/metrics', undefined, { key: '' })).status, 401);
    const stranger = (await createKey(db, { project: 'other', name: 's', role: 'admin' })).key;
    assert.equal((await ask('GET', '/metrics', undefined, { key: stranger })).status, 403);
    const developer = (await createKey(db, { project: defaultProject, name: 'd', role: 'developer' })).key;
    assert.equal((await ask('GET', '/metrics', undefined, { key: developer })).status, 403);
  });

  it('writes a line for each request, with the id that the answer names', async () => {
    lines = [];
    const given = await ask('POST', '/v2/models/bright/infer', infer(1), {
      headers: { 'X-Request-Id': 'mine-1' },
    });
    assert.equal(given.headers.get('X-Request-Id'), 'mine-1');
    const made = await ask('GET', '/api/runs/x', undefined, { headers: { 'X-Request-Id': 'bad id\u00e9' } });
    assert.match(made.headers.get('X-Request-Id')!, /^[0-9a-f-]{36}$/);
    const [first, second] = lines;
    const { milliseconds, time, ...rest } = first!;
    assert.ok(Number(milliseconds) > 0 && !Number.isNaN(Date.parse(String(time))));
    assert.match(String(rest.key), /^[0-9a-f]{12}$/);
    assert.deepEqual(
      { ...rest, key: '' },
      {
        ...{ level: 'info', msg: 'request', request: 'mine-1', key: '', by: 'first', project: 'default' },
        ...{ method: 'POST', path: '/v2/models/bright/infer', route: '/v2/models/:model/infer', status: 200 },
        ...{ model: 'bright', version: '1' },
      },
    );
    assert.deepEqual([second!.level, second!.status, second!.route], ['warn', 404, '/api/runs/:id']);
    assert.ok(!JSON.stringify(lines).includes(service.firstKey!), 'no secret is written');
  });

  it('writes for people what it writes for programs', () => {
    let text = '';
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    const log = openLog({ format: 'text', to });
    log.info({ method: 'GET', path: '/x', status: 200, milliseconds: 1.5, by: 'me' }, 'request');
    log.error({ err: new Error('broken') }, 'fault');
    log.debug('left out');
    assert.match(text, /^\d\d:\d\d:\d\d GET \/x 200 in 1.5 ms, by me\n\S+ error fault\nError: broken\n/);
    assert.ok(!text.includes('left out'));
  });
});
