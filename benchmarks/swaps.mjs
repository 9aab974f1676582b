// A hundred changes of a deployment under load: versions, shares, shadows, promotions, batches. No request may fail, and each answer must be what
// the version that it names gives: else it ends with the reason.
//   node benchmarks/swaps.mjs [--changes 100] [--clients 4]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openService } from '@modelwright/platform';
import { constant } from 'modelwright';
import { encodeModel, Graph, input } from 'modelwright/onnx';
import { NdArray } from 'modelwright/runtime';
import { saveOnnxFile } from 'modelwright/saved';
import { packFolder } from '../packages/platform/dist/registry/archive.js';

const { values: options } = parseArgs({
  options: { changes: { type: 'string', default: '100' }, clients: { type: 'string', default: '4' } },
});
const versions = [1, 2, 3, 4];
const folder = await mkdtemp(join(tmpdir(), 'modelwright-swaps-'));
const service = await openService({ folder: join(folder, 'platform'), insecure: true });

async function send(method, path, body, type = 'application/json') {
  const response = await service.fetch(
    new Request(`http://localhost${path}`, {
      method,
      headers: { 'Content-Type': type },
      ...(body && { body: type === 'application/json' ? JSON.stringify(body) : body }),
    }),
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

// Version v multiplies by v.
for (const version of versions) {
  const x = input('x', 'float32', ['batch', 3]);
  const file = join(folder, `times-${version}.onnx`);
  await writeFile(
    file,
    encodeModel(new Graph([x], [x.mul(constant(NdArray.from([version])))]), { outputNames: ['y'] }),
  );
  await saveOnnxFile(file, join(folder, String(version)));
  const archive = await buffer(packFolder(join(folder, String(version))));
  await send('POST', '/api/models/times/versions', archive, 'application/x-tar');
}
await send('PUT', '/api/deployments/times', { version: 1, replicas: 1 });

const answered = Object.fromEntries(versions.map((version) => [version, 0]));
let ended = false;
const clients = Array.from({ length: Number(options.clients) }, async (_, client) => {
  for (let i = client; !ended; i++) {
    const data = [i % 100, 1, -2];
    const answer = await send('POST', '/v2/models/times/infer', {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data }],
    });
    const version = Number(answer.model_version);
    const right = answer.outputs[0].data.every((value, k) => value === data[k] * version);
    if (!right) throw new Error(`Version ${version} gave ${answer.outputs[0].data} for ${data}.`);
    answered[version]++;
    await sleep(3);
  }
});
const began = performance.now();
let made = 0;
for (let round = 0; made < Number(options.changes); round++) {
  const [one, other] = [versions[round % 4], versions[(round + 1) % 4]];
  const path = `/api/deployments/times/versions/${other}`;
  const changes = [
    () =>
      send('PUT', '/api/deployments/times', {
        version: one,
        replicas: 1,
        ...(round % 2 && { batchSize: 8 }),
      }),
    () => send('PUT', path, { share: 30 }),
    () => send('PUT', path, { share: 0 }),
    () => send('PUT', path, { share: 60 }),
    () => send('POST', `${path}/promote`, {}),
  ];
  for (const change of changes.slice(0, Number(options.changes) - made)) {
    await change();
    made++;
  }
}
const seconds = (performance.now() - began) / 1000;
ended = true;
await Promise.all(clients);
await service.close();
await rm(folder, { recursive: true });
console.log(JSON.stringify({ changes: made, seconds, answered }));
