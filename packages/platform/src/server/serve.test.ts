import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { saveBrightnessModel } from '../testing.js';
import { createApp } from './app.js';
import { type RunningServer, serve } from './serve.js';
import { type ServedModel, serveModel } from './servedModel.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-serve-'));
  await saveBrightnessModel(join(folder, 'brightness'));
});
after(() => rm(folder, { recursive: true }));

const inferPath = '/v2/models/brightness/infer';
const good = JSON.stringify({
  inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 1, 1, 1], data: [255] }],
});

/** Sends raw bytes and gives back all that comes until the server or we hang up. */
async function send(url: string, bytes: string, hangUp = false): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(bytes);
  if (hangUp) setTimeout(() => socket.destroy(), 20);
  return text(socket).catch(() => '');
}

const post = (path: string, body: string, length = Buffer.byteLength(body)): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('inference straight from the connection', () => {
  it('answers as the app does', async () => {
    const model = await serveModel(join(folder, 'brightness'), { replicas: 1 });
    const app = createApp({ models: [model], maxBodyBytes: 1000 });
    const server = await serve({ models: [model], port: 0, maxBodyBytes: 1000 });
    const binary = { 'Inference-Header-Content-Length': String(good.length) };
    const asked: [string, string, Record<string, string>][] = [
      [inferPath, good, {}],
      [inferPath.replace('/infer', '/versions/1/infer'), good, {}],
      [inferPath, `${good.slice(0, -1)},"parameters":{"binary_data_output":true}}`, {}],
      [inferPath, good, binary],
      [inferPath, `${good}more`, binary],
      [inferPath, good, { 'Inference-Header-Content-Length': 'x' }],
      [inferPath, '{', {}],
      [inferPath, good.replace('255', '256'), {}],
      [inferPath, ' '.repeat(1001), {}],
      [inferPath.replace('brightness', 'nothing'), good, {}],
      [inferPath.replace('/infer', '/versions/2/infer'), good, {}],
      [inferPath.replace('brightness', 'bright%6Eess'), good, {}],
    ];
    for (const [path, body, headers] of asked) {
      const init = { method: 'POST', body, headers };
      const [direct, through] = await Promise.all([fetch(server.url + path, init), app.request(path, init)]);
      const told = async (response: Response) => [
        response.status,
        response.headers.get('Inference-Header-Content-Length'),
        response.headers.get('X-Content-Type-Options'),
        await response.text(),
      ];
      assert.deepEqual(await told(direct), await told(through), `${path} ${body.slice(0, 200)}`);
    }
    await server.close();
  });

  it('gives up on what takes too long, and on a client that has gone', async () => {
    const model = await serveModel(join(folder, 'brightness'), { replicas: 1 });
    const signals: AbortSignal[] = [];
    const run = (_: object, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<never>(() => undefined);
    };
    const server = await serve({ models: [{ ...model, run }], port: 0, timeout: 300, onError: () => {} });
    await send(server.url, post(inferPath, good), true);
    while (!signals[0]?.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((signals[0].reason as Error).name, 'AbortError');
    const late = await fetch(server.url + inferPath, { method: 'POST', body: good });
    assert.equal(late.status, 504);
    assert.match(await late.text(), /longer than 300 ms/);
    await server.close();
  });
});

describe('a server that is sent nonsense', () => {
  let server: RunningServer;
  const errors: Error[] = [];
  before(async () => {
    server = await serve({
      models: [await serveModel(join(folder, 'brightness'), { replicas: 1 })],
      port: 0,
      maxBodyBytes: 2_000_000,
      onError: (error) => errors.push(error),
    });
  });
  after(() => server.close());

  const tensor = (fields: string): string =>
    `{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,1,1,1],"data":[1]${fields}}]}`;
  const cases: [string, () => string, number | undefined][] = [
    ['garbage for JSON', () => post(inferPath, '{"inputs": [}'), 400],
    ['NaN in JSON', () => post(inferPath, good.replace('255', 'NaN')), 400],
    ['a number too large for any', () => post(inferPath, good.replace('255', '1e999')), 400],
    ['another shape', () => post(inferPath, tensor(',"shape":[1,1,2,1]')), 400],
    ['another datatype', () => post(inferPath, tensor(',"datatype":"FP64"')), 400],
    ['lists nested very deep', () => post(inferPath, '['.repeat(1_000_000)), 400],
    [
      'data nested very deep',
      () => post(inferPath, tensor(`,"data":${'['.repeat(900_000)}${']'.repeat(900_000)}`)),
      400,
    ],
    ['a body too large', () => post(inferPath, ' '.repeat(2_000_001)), 413],
    ['a picture that is none', () => post('/predict', 'no picture'), 400],
    ['bytes that are no text', () => post(inferPath, '\u0000\uffff'), 400],
    ['something other than HTTP', () => '\u0016\u0003\u0001 hello\r\n\r\n', 400],
    [
      'an address that cannot be decoded',
      () => 'GET /v2/models/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['no host', () => 'GET /v2 HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a length that is negative', () => post(inferPath, good, -5), 400],
    [
      'a chunked body too large',
      () =>
        `POST ${inferPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${`10000\r\n${' '.repeat(65536)}\r\n`.repeat(40)}0\r\n\r\n`,
      413,
    ],
    ['half a body and silence', () => post(inferPath, good, 10_000), undefined],
    ['half a picture and silence', () => post('/predict', 'GIF', 10_000), undefined],
  ];
  for (const [name, bytes, status] of cases) {
    it(`answers ${status ?? 'nothing'} to ${name}, and lives on`, async () => {
      const answer = await send(server.url, bytes(), status === undefined);
      assert.equal(answer.split(' ')[1], status?.toString());
      const response = await fetch(`${server.url}${inferPath}`, { method: 'POST', body: good });
      assert.equal(response.status, 200);
      assert.deepEqual(errors, []);
    });
  }
});

describe('closing a server', () => {
  /** A model that answers when told to. */
  async function slowServer() {
    const model = await serveModel(join(folder, 'brightness'), { replicas: 1 });
    let answer = (): void => {};
    let released = 0;
    const permission = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let begun = (): void => {};
    const begin = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow: ServedModel = {
      ...model,
      async run(inputs, signal) {
        begun();
        await permission;
        return model.run(inputs, signal);
      },
      release() {
        released++;
        return model.release();
      },
    };
    return { server: await serve({ models: [slow], port: 0 }), answer, begin, releases: () => released };
  }

  it('answers what has come, takes nothing new, frees the models', async () => {
    const { server, answer, begin, releases } = await slowServer();
    const pending = fetch(`${server.url}${inferPath}`, { method: 'POST', body: good });
    await begin;
    const closed = server.close();
    await assert.rejects(fetch(`${server.url}/v2`));
    assert.equal(releases(), 0);
    answer();
    const response = await pending;
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('connection'), 'close');
    await closed;
    assert.equal(releases(), 1);
  });

  it('cuts what takes too long', async () => {
    const { server, answer, begin } = await slowServer();
    const { port } = new URL(server.url);
    const pending = new Promise((resolve, reject) => {
      request({ port, method: 'POST', path: inferPath, agent: false }, resolve).on('error', reject).end(good);
    });
    const cut = assert.rejects(pending, /socket hang up/);
    await begin;
    const closed = server.close(1);
    await cut;
    answer();
    await closed;
  });
});

describe('listening', () => {
  it('names a port that is in use, and another one', async () => {
    const models = [await serveModel(join(folder, 'brightness'), { replicas: 1 })];
    const server = await serve({ models, port: 0 });
    const port = Number(new URL(server.url).port);
    await assert.rejects(serve({ models, port }), {
      message: `Port ${port} is in use. Choose another one, such as --port ${port + 1}.`,
    });
    await server.close();
  });
});
