// What is measured, each in a process of its own: told {kind, model, options} by its parent, tells {url} or, of what has no address,
// does the work itself.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { serve, serveModel } from '@modelwright/platform';
import { InferenceSession, Tensor } from 'onnxruntime-node';

process.once('message', async ({ kind, model, options }) => {
  const kinds = { modelwright, ort: ortServer, direct };
  await kinds[kind](model, options);
});
process.on('message', (message) => {
  if (message === 'usage') process.send({ memory: process.memoryUsage().rss, cpu: process.cpuUsage() });
  if (message === 'end') process.exit(0);
});

async function modelwright(folder, { replicas, batchSize, batchWindow, queueSize }) {
  const models = [await serveModel(folder, { name: 'digits', replicas, batchSize, batchWindow, queueSize })];
  const server = await serve({ models, port: 0 });
  process.send({ url: server.url });
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
