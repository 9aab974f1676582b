// What is measured, each in a process of its own: told {kind, model, options} by its parent, tells {url} or, of what has no address,
// does the work itself.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openService, serve, serveModel } from '@modelwright/platform';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { packFolder } from '../../packages/platform/dist/registry/archive.js';
import { listenWith } from '../../packages/platform/dist/server/serve.js';
import { openLog } from '../../packages/platform/dist/watching/index.js';

process.once('message', async ({ kind, model, options }) => {
  const kinds = { modelwright, platform, ort: ortServer, direct };
  await kinds[kind](model, options);
});
process.on('message', async (message) => {
  if (message === 'usage') process.send({ memory: process.memoryUsage().rss, cpu: process.cpuUsage() });
  if (message !== 'end') return;
  if (scratch) await rm(scratch, { recursive: true, force: true });
  process.exit(0);
});

/** A folder that goes when the process ends. */
let scratch;

async function modelwright(folder, { replicas, batchSize, batchWindow, queueSize }) {
  const models = [await serveModel(folder, { name: 'digits', replicas, batchSize, batchWindow, queueSize })];
  const server = await serve({ models, port: 0 });
  process.send({ url: server.url });
}

/** The platform as `modelwright up` runs it: a key that is checked, a quota, the record of use, metrics, and a line of the log a request. */
async function platform(folder, { runMemory, ...settings }) {
  scratch = await mkdtemp(join(tmpdir(), 'modelwright-serving-'));
  const service = await openService({ folder: join(scratch, 'platform'), log: openLog(), runMemory });
  const server = await listenWith((request) => service.fetch(request), { port: 0, direct: service.direct });
  const send = async (method, path, body, type = 'application/json') => {
    const headers = { 'Content-Type': type, Authorization: `Bearer ${service.firstKey}` };
    const content = type === 'application/json' ? JSON.stringify(body) : body;
    const response = await fetch(server.url + path, { method, headers, body: content });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  await send('POST', '/api/models/digits/versions', await buffer(packFolder(folder)), 'application/x-tar');
  await send('PUT', '/api/deployments/digits', { version: 1, ...settings });
  const { key } = await send('POST', '/api/keys', { name: 'load', role: 'caller' });
  await send('PUT', '/api/quotas', { model: 'digits', requestsPerMinute: 1e9 });
  process.send({ url: server.url, key });
}

const openOrt = async (folder, { threads }) =>
  InferenceSession.create(await readFile(join(folder, 'onnx', 'model.onnx')), {
    ...(threads && { intraOpNumThreads: threads }),
    graphOptimizationLevel: 'all',
  });

/** ONNX Runtime behind node:http with nothing between them but reading the body and writing the answer. */
async function ortServer(folder, options) {
  const session = await openOrt(folder, options);
  const [name] = session.inputNames;
  const [output] = session.outputNames;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      const length = Number(request.headers['inference-header-content-length'] ?? body.length);
      const { inputs } = JSON.parse(body.toString('utf8', 0, length));
      const isBinary = length < body.length;
      const data = isBinary ? new Uint8Array(body.subarray(length)) : Uint8Array.from(inputs[0].data);
      const results = await session.run({ [name]: new Tensor('uint8', data, inputs[0].shape) });
      const { data: values, dims } = results[output];
      const tensor = { name: output, shape: dims, datatype: 'FP32' };
      if (!isBinary) {
        const text = JSON.stringify({ outputs: [{ ...tensor, data: Array.from(values) }] });
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        });
        response.end(text);
        return;
      }
      const head = JSON.stringify({
        outputs: [{ ...tensor, parameters: { binary_data_size: values.byteLength } }],
      });
      const bytes = Buffer.concat([
        Buffer.from(head),
        Buffer.from(values.buffer, values.byteOffset, values.byteLength),
      ]);
      response.writeHead(200, {
        'Content-Type': 'application/octet-stream',
        'Inference-Header-Content-Length': head.length,
        'Content-Length': bytes.length,
      });
      response.end(bytes);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
}

/** ONNX Runtime called in this process, so many calls at once. */
async function direct(folder, { threads, clients, seconds, images }) {
  const session = await openOrt(folder, { threads });
  const [name] = session.inputNames;
  const tensors = images.map((pixels) => new Tensor('uint8', Uint8Array.from(pixels), [1, 1, 28, 28]));
  const milliseconds = [];
  const end = performance.now() + seconds * 1000;
  const caller = async (i) => {
    for (let k = i; performance.now() < end; k++) {
      const began = performance.now();
      await session.run({ [name]: tensors[k % tensors.length] });
      milliseconds.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => caller(i)));
  milliseconds.sort((a, b) => a - b);
  const at = (share) => milliseconds[Math.floor(share * (milliseconds.length - 1))];
  process.send({ ok: milliseconds.length, seconds, p50: at(0.5), p99: at(0.99) });
}
