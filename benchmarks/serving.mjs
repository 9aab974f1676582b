// Requests a second, waiting times and memory of the model server beside bare ONNX Runtime, with the same digit CNN in the same run.
//   node benchmarks/serving.mjs --model models/digits [--clients 1,8,64,512] [--seconds 5] [--only PATTERN] [--encoding binary]
//   node benchmarks/serving.mjs --model models/digits --soak 600 --clients 512
import { fork } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    clients: { type: 'string', default: '1,8,64,512' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    encoding: { type: 'string', default: 'binary,json' },
    soak: { type: 'string' },
    queue: { type: 'string', default: '64' },
  },
});
if (!options.model) {
  console.error('Give a model: node benchmarks/serving.mjs --model models/digits');
  process.exit(2);
}
const seconds = Number(options.seconds);
const clientCounts = options.clients.split(',').map(Number);

/** What is measured: a name, and how its process is told. */
const contestants = [
  { name: 'ONNX Runtime, called directly', kind: 'direct', options: {} },
  { name: 'ONNX Runtime, called directly, 1 thread', kind: 'direct', options: { threads: 1 } },
  { name: 'ONNX Runtime behind node:http', kind: 'ort', options: {} },
  { name: 'ONNX Runtime behind node:http, 1 thread', kind: 'ort', options: { threads: 1 } },
  { name: 'modelwright serve', kind: 'modelwright', options: { queueSize: 1024 } },
  { name: 'modelwright serve, 1 replica', kind: 'modelwright', options: { replicas: 1, queueSize: 1024 } },
  {
    name: 'modelwright serve, batches of 16',
    kind: 'modelwright',
    options: { batchSize: 16, queueSize: 1024 },
  },
  {
    name: 'modelwright serve, 1 replica, batches of 32',
    kind: 'modelwright',
    options: { replicas: 1, batchSize: 32, queueSize: 1024 },
  },
  { name: 'modelwright up', kind: 'platform', options: { queueSize: 1024 } },
  {
    name: 'modelwright up, models in threads',
    kind: 'platform',
    options: { queueSize: 1024, runMemory: 0 },
  },
  {
    name: 'modelwright up, batches of 16',
    kind: 'platform',
    options: { batchSize: 16, queueSize: 1024 },
  },
].filter(({ name }) => new RegExp(options.only).test(name));

/** Where the platform writes its log: a file, as it would be kept. */
const folder = await mkdtemp(join(tmpdir(), 'modelwright-serving-'));
const log = openSync(join(folder, 'log'), 'a');
process.on('exit', () => rmSync(folder, { recursive: true }));

const images = Array.from({ length: 16 }, (_, i) => picture(i));
const expected = await answers(images);
if (options.soak) await soak(Number(options.soak));
else await compare();

async function compare() {
  console.log(
    '| what | tensors | clients | requests/s | p50 ms | p99 ms | refused | wrong | memory MB | processor µs a request |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const clients of clientCounts) {
    for (const encoding of options.encoding.split(',')) {
      for (const contestant of contestants) {
        if (contestant.kind === 'direct' && encoding !== 'binary') continue;
        const measured = await measure(contestant, clients, encoding);
        const { ok, refused = '', wrong = '', broken = 0, p50, p99, memory, processor } = measured;
        const cells = [
          contestant.name,
          contestant.kind === 'direct' ? '' : encoding,
          clients,
          Math.round(ok / seconds),
        ];
        console.log(
          `| ${[...cells, p50?.toFixed(2), p99?.toFixed(2), refused, wrong === '' ? '' : wrong + broken, Math.round(memory / 1e6), processor === undefined ? '' : Math.round(processor)].join(' | ')} |`,
        );
      }
    }
  }
}

async function measure({ kind, options: given }, clients, encoding) {
  const server = fork(new URL('serving/servers.mjs', import.meta.url), {
    stdio: ['ignore', 'inherit', kind === 'platform' ? log : 'inherit', 'ipc'],
  });
  const direct = kind === 'direct' ? { clients, seconds, images } : {};
  server.send({ kind, model: options.model, options: { ...given, ...direct } });
  const said = await told(server);
  const before = await usageOf(server);
  const result = kind === 'direct' ? said : await load(said, clients, encoding, { seconds, warmup: 1 });
  const { memory, cpu } = await usageOf(server);
  server.send('end');
  // Processor time also of the second of warm-up, whose requests are not counted: a little too much for each request.
  const microseconds = cpu.user + cpu.system - before.cpu.user - before.cpu.system;
  return {
    ...result,
    memory,
    processor: kind === 'direct' ? undefined : (microseconds * seconds) / (seconds + 1) / result.ok,
  };
}

/** Many clients for a long time: what is too much is refused, nothing is wrong, memory stays. */
async function soak(duration) {
  const server = fork(new URL('serving/servers.mjs', import.meta.url));
  server.send({
    ...{ kind: 'modelwright', model: options.model },
    options: { batchSize: 16, queueSize: Number(options.queue) },
  });
  const address = await told(server);
  let ended = false;
  const began = performance.now();
  const loaded = load(address, clientCounts[0], 'binary', {
    seconds: duration,
    warmup: 5,
    retryAfter: 50,
  }).finally(() => {
    ended = true;
  });
  while (!ended) {
    const { memory } = await usageOf(server);
    console.log(`${Math.round((performance.now() - began) / 1000)} s: ${Math.round(memory / 1e6)} MB`);
    for (let i = 0; i < 30 && !ended; i++) await sleep(1000);
  }
  console.log(JSON.stringify(await loaded));
  server.send('end');
}

async function load({ url, key }, clients, encoding, more) {
  const client = fork(new URL('serving/client.mjs', import.meta.url));
  const requests = images.map((pixels) => requestOf(url, key, pixels, encoding).toString('latin1'));
  client.send({
    ...{ url, clients, requests, expected, tolerance: 1e-5, binary: encoding === 'binary', retryAfter: 5 },
    ...more,
  });
  return told(client);
}

/** A whole HTTP request for one picture. */
function requestOf(url, key, pixels, encoding) {
  const tensor = { name: 'image', shape: [1, 1, 28, 28], datatype: 'UINT8' };
  const isBinary = encoding === 'binary';
  const json = Buffer.from(
    JSON.stringify(
      isBinary
        ? {
            inputs: [{ ...tensor, parameters: { binary_data_size: pixels.length } }],
            parameters: { binary_data_output: true },
          }
        : { inputs: [{ ...tensor, data: [...pixels] }] },
    ),
  );
  const body = isBinary ? Buffer.concat([json, Buffer.from(pixels)]) : json;
  const head = [
    'POST /v2/models/digits/infer HTTP/1.1',
    `Host: ${new URL(url).host}`,
    ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
    `Content-Type: ${isBinary ? 'application/octet-stream' : 'application/json'}`,
    `Content-Length: ${body.length}`,
    ...(isBinary ? [`Inference-Header-Content-Length: ${json.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** What bare ONNX Runtime gives for each picture. */
async function answers(pictures) {
  const session = await InferenceSession.create(await readFile(join(options.model, 'onnx', 'model.onnx')));
  const all = [];
  for (const pixels of pictures) {
    const results = await session.run({
      image: new Tensor('uint8', Uint8Array.from(pixels), [1, 1, 28, 28]),
    });
    all.push([...results[session.outputNames[0]].data]);
  }
  await session.release();
  return all;
}

/** A picture of 28 x 28 with a bright patch somewhere. */
function picture(i) {
  return Array.from({ length: 784 }, (_, k) => ((k * (i + 3)) % 97 < 20 + 3 * i ? 255 - i : 0));
}

function usageOf(server) {
  server.send('usage');
  return told(server);
}

/** What a process tells next. */
function told(child) {
  return new Promise((resolve, reject) => {
    const gone = (code) => reject(new Error(`A process ended with ${code}.`));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message);
    });
  });
}
