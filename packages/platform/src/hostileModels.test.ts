// Models that ask for more than there is, through the whole platform: each is refused or fails with a reason, and all else goes on.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { broadcastTo, type Tensor } from 'modelwright';
import { encodeModel, Graph, input } from 'modelwright/onnx';
import { saveOnnxFile } from 'modelwright/saved';
import { packFolder } from './registry/archive.js';
import { publishVersion } from './registry/index.js';
import { defaultProject, openService, type Service } from './service.js';
import { brightProbability, saveBrightnessModel } from './testing.js';

const skip = process.platform === 'linux' ? false : 'only on Linux is the memory of a process bounded';

describe('models that ask for more than there is', { skip }, () => {
  let folder: string;
  let service: Service;
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-hostile-'));
    await saveBrightnessModel(path('bright'));
    service = await openService({ folder: path('platform'), runMemory: 300e6, timeout: 8000 });
    assert.equal((await publish('bright', path('bright'))).status, 201);
    assert.equal((await deploy('bright')).status, 200);
  });
  after(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const send = async (
    method: string,
    address: string,
    body?: string | Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
    more: Record<string, string> = {},
  ) => {
    const response = await service.fetch(
      new Request(`http://localhost${address}`, {
        method,
        headers: { Authorization: `Bearer ${service.firstKey}`, ...more },
        ...(body !== undefined && { body }),
      }),
    );
    return {
      status: response.status,
      bytes: Buffer.from(await response.arrayBuffer()),
      headers: response.headers,
    };
  };
  const errorOf = ({ bytes }: { bytes: Buffer }): string =>
    (JSON.parse(bytes.toString()) as { error: string }).error;
  const publish = async (name: string, directory: string) =>
    send('POST', `/api/models/${name}/versions`, new Uint8Array(await buffer(packFolder(directory))));
  const deploy = (name: string, version: number | string = 'latest') =>
    send('PUT', `/api/deployments/${name}`, JSON.stringify({ version, replicas: 1 }), {
      'Content-Type': 'application/json',
    });
  /** Saves a function of x as an ONNX file that anybody may have made. */
  const save = async (name: string, of: (x: Tensor) => Tensor, shape: readonly (string | number)[]) => {
    const x = input('x', 'float32', shape);
    await writeFile(path(`${name}.onnx`), encodeModel(new Graph([x], [of(x)]), { outputNames: ['y'] }));
    await saveOnnxFile(path(`${name}.onnx`), path(name));
    return path(name);
  };
  /** Asks what a model makes of numbers, as bytes alone. */
  const ask = (name: string, x: Float32Array<ArrayBuffer>) =>
    send('POST', `/v2/models/${name}/infer`, x, { 'Inference-Header-Content-Length': '0' });
  const valuesOf = async (name: string, x: Float32Array<ArrayBuffer>): Promise<number[]> => {
    const { status, bytes, headers } = await ask(name, x);
    assert.equal(status, 200, bytes.toString());
    const start = Number(headers.get('Inference-Header-Content-Length'));
    return [...new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer)];
  };
  /** Another model answers, and rightly. */
  const requireUp = async (): Promise<void> => {
    const image = { name: 'image', shape: [1, 1, 1, 1], datatype: 'UINT8', data: [255] };
    const { status, bytes } = await send(
      'POST',
      '/v2/models/bright/infer',
      JSON.stringify({ inputs: [image] }),
    );
    assert.equal(status, 200, bytes.toString());
    const { outputs } = JSON.parse(bytes.toString()) as { outputs: { data: number[] }[] };
    assert.ok(Math.abs(outputs[0]!.data[1]! - brightProbability(1)) < 1e-6);
  };

  it('are not published where opening or running them takes too much', async () => {
    const big = (x: Tensor, i: number): Tensor => broadcastTo(x.add(i), [15_000, 15_000]);
    const large = await save('large', (x) => big(x, 0).mul(big(x, 1).tanh()).sum(), [1]);
    const refused = await publish('large', large);
    assert.equal(refused.status, 400, refused.bytes.toString());
    assert.match(errorOf(refused), /needs more memory for this than the 300 MB that a run may take/);
    assert.equal((await send('GET', '/api/models/large')).status, 404);
    await requireUp();
  });

  it('are not deployed, and what was deployed goes on', async () => {
    const plain = await save('before', (x) => x.add(1), [1]);
    assert.equal((await publish('growing', plain)).status, 201);
    assert.equal((await deploy('growing')).status, 200);
    const large = await save('after', (x) => broadcastTo(x, [15_000, 15_000]).tanh().sum(), [1]);
    const loose = { limits: { memory: 3e9 } };
    await publishVersion(
      service.store,
      { project: defaultProject, name: 'growing', directory: large },
      loose,
    );
    const refused = await deploy('growing', 2);
    assert.equal(refused.status, 409);
    assert.match(errorOf(refused), /Version 2 of 'growing' cannot be opened\. .*more memory/);
    assert.deepEqual(await valuesOf('growing', new Float32Array([4])), [5]);
    await requireUp();
  });

  it('answer what they can, and a reason where a request would take too much', async () => {
    const pairs = (x: Tensor): Tensor =>
      x
        .reshape(['n', 1])
        .mul(x.reshape([1, 'n']))
        .sum([1]);
    assert.equal((await publish('pairs', await save('pairs', pairs, ['n']))).status, 201);
    assert.equal((await deploy('pairs')).status, 200);
    const ones = (count: number) => new Float32Array(count).fill(1);
    assert.deepEqual(await valuesOf('pairs', ones(100)), Array(100).fill(100));
    for (const count of [20_000, 1_000_000]) {
      const started = process.memoryUsage().rss;
      const [tooMuch] = await Promise.all([ask('pairs', ones(count)), requireUp(), requireUp()]);
      assert.equal(tooMuch.status, 413);
      assert.match(errorOf(tooMuch), /needs more memory .* than the 300 MB .* Give it less at once/);
      assert.ok(process.memoryUsage().rss - started < 300e6, 'memory of the server');
      assert.deepEqual(await valuesOf('pairs', ones(2)), [2, 2]);
    }
  });

  it('are stopped where a request would take too long', async () => {
    const powers = (x: Tensor): Tensor => {
      const projection = x.reshape(['n', 1]).mul(x.reshape([1, 'n']));
      let power = projection;
      for (let i = 0; i < 1000; i++) power = power.matmul(projection);
      return power.matmul(x.reshape(['n', 1])).reshape(['n']);
    };
    assert.equal((await publish('powers', await save('powers', powers, ['n']))).status, 201);
    assert.equal((await deploy('powers')).status, 200);
    const direction = (n: number) => new Float32Array(n).fill(1 / Math.sqrt(n));
    const slow = ask('powers', direction(3000));
    await requireUp();
    assert.equal((await slow).status, 504);
    const values = await valuesOf('powers', direction(4));
    assert.ok(values.every((y) => Math.abs(y - 0.5) < 1e-4));
    await requireUp();
  });
});
