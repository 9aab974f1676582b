import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from 'modelwright/data';
import { NdArray } from 'modelwright/runtime';
import { brightProbability, plainImage, saveBrightnessModel } from '../testing.js';
import { createApp } from './app.js';
import { ServiceError } from './errors.js';
import type { ModelApp } from './routes.js';
import { type ServedModel, serveModel } from './servedModel.js';

let folder = '';
let app: ModelApp;
let models: ServedModel[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-app-'));
  await saveBrightnessModel(join(folder, 'brightness'));
  await saveBrightnessModel(join(folder, 'colour'), { channels: 3, labels: ['a', 'b', 'c'] });
  await saveBrightnessModel(join(folder, 'other'), { task: 'depth-estimation' });
  models = await Promise.all(
    ['brightness', 'colour', 'other'].map((name) => serveModel(join(folder, name), { replicas: 1 })),
  );
  app = createApp({ models, maxBodyBytes: 100_000 });
});
after(async () => {
  for (const model of models) await model.release();
  await rm(folder, { recursive: true });
});

async function json(path: string, init?: RequestInit) {
  const response = await app.request(path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

type Body = string | Uint8Array<ArrayBuffer> | FormData;
const post = (body: Body, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers,
});
const infer = (body: unknown, path = '/v2/models/brightness/infer') => json(path, post(JSON.stringify(body)));
const image = { name: 'image', datatype: 'UINT8', shape: [2, 1, 1, 2], data: [0, 0, 255, 51] };

describe('the Open Inference Protocol V2', () => {
  it('tells of the server and its health', async () => {
    const { body } = await json('/v2');
    assert.equal(body.name, 'modelwright');
    assert.match(String(body.version), /^\d+\.\d+\.\d+/);
    assert.deepEqual(body.extensions, ['binary_tensor_data', 'model_repository']);
    assert.deepEqual(await json('/v2/health/live'), { status: 200, body: { live: true } });
    assert.deepEqual(await json('/v2/health/ready'), { status: 200, body: { ready: true } });
  });

  it('tells of a model, with and without its version', async () => {
    const expected = {
      name: 'brightness',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, 1, -1, -1] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }],
    };
    for (const path of ['/v2/models/brightness', '/v2/models/brightness/versions/1']) {
      assert.deepEqual(await json(path), { status: 200, body: expected });
      assert.deepEqual((await json(`${path}/ready`)).body, { name: 'brightness', ready: true });
    }
  });

  it('infers, from flat and nested data, and echoes the id', async () => {
    const nested = { ...image, data: [[[[0, 0]]], [[[255, 51]]]] };
    for (const tensor of [image, nested]) {
      const { status, body } = await infer(
        { id: 'q1', inputs: [tensor] },
        '/v2/models/brightness/versions/1/infer',
      );
      assert.equal(status, 200);
      const { outputs, ...rest } = body as { outputs: { data: number[] }[] };
      assert.deepEqual(rest, { model_name: 'brightness', model_version: '1', id: 'q1' });
      const { data, ...output } = outputs[0]!;
      assert.deepEqual(output, { name: 'probabilities', shape: [2, 2], datatype: 'FP32' });
      const bright = [brightProbability(0), brightProbability(0.6)];
      const expected = bright.flatMap((probability) => [1 - probability, probability]);
      for (const [i, value] of data.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${data}`);
    }
  });

  it('leaves the id out where none is given, and answers only the outputs asked for', async () => {
    assert.ok(!('id' in (await infer({ inputs: [image] })).body));
    const { body } = await infer({ inputs: [image], outputs: [] });
    assert.deepEqual(body.outputs, []);
  });

  it('takes and gives binary tensor data', async () => {
    const tensor = {
      name: 'image',
      datatype: 'UINT8',
      shape: [2, 1, 1, 2],
      parameters: { binary_data_size: 4 },
    };
    const header = JSON.stringify({
      inputs: [tensor],
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
    });
    const body = Buffer.concat([Buffer.from(header), Buffer.from([0, 0, 255, 51])]);
    const length = { 'Inference-Header-Content-Length': String(header.length) };
    const response = await app.request('/v2/models/brightness/infer', post(body, length));
    assert.equal(response.status, 200);
    const answer = Buffer.from(await response.arrayBuffer());
    const end = Number(response.headers.get('Inference-Header-Content-Length'));
    const { outputs } = JSON.parse(answer.subarray(0, end).toString()) as { outputs: unknown[] };
    assert.deepEqual(outputs, [
      { name: 'probabilities', shape: [2, 2], datatype: 'FP32', parameters: { binary_data_size: 16 } },
    ]);
    assert.ok(Math.abs(answer.readFloatLE(end + 12) - brightProbability(0.6)) < 1e-6);

    const tooShort = await json('/v2/models/brightness/infer', post(body.subarray(0, -1), length));
    assert.match(String(tooShort.body.error), /4 bytes should follow the JSON, but only 3 are left/);
  });

  const faults: [string, unknown, RegExp][] = [
    ['a list', [], /body should be an object/],
    ['no inputs', {}, /inputs should be a list/],
    ['an id that is no text', { id: 7, inputs: [image] }, /id should be text/],
    ['an input that is no object', { inputs: [null] }, /inputs\[0\] should be an object/],
    ['an unknown input', { inputs: [image, { ...image, name: 'x' }] }, /no input 'x'. It takes 'image'/],
    [
      'an input called as what all objects have',
      { inputs: [{ ...image, name: '__proto__' }] },
      /no input '__proto__'/,
    ],
    ['an input twice', { inputs: [image, image] }, /'image' is given twice/],
    [
      'an unknown datatype',
      { inputs: [{ ...image, datatype: 'BYTES' }] },
      /datatype should be one of .*UINT8.*"BYTES"/,
    ],
    [
      'another datatype',
      { inputs: [{ ...image, datatype: 'FP32' }] },
      /should be uint8\[batch, 1, height, width\], but it is float32\[2, 1, 1, 2\]/,
    ],
    ['a negative size', { inputs: [{ ...image, shape: [-1, 1, 1, 2] }] }, /shape should be a list/],
    [
      'a shape too large for its data',
      { inputs: [{ ...image, shape: [1e9, 1, 1e6, 2] }] },
      /takes 2000000000000000 values/,
    ],
    ['another rank', { inputs: [{ ...image, shape: [4] }] }, /has 1 dimensions, not 4/],
    [
      'another number of channels',
      { inputs: [{ ...image, shape: [1, 2, 1, 2] }] },
      /dimension 1 of .* is 2, not 1/,
    ],
    ['an empty batch', { inputs: [{ ...image, shape: [0, 1, 1, 1], data: [] }] }, /has no elements/],
    ['a value out of range', { inputs: [{ ...image, data: [0, 0, 0, 256] }] }, /data\[3\] .*0 to 255 .*256/],
    ['a fraction', { inputs: [{ ...image, data: [0, 0.5, 0, 0] }] }, /data\[1\] should be a whole number/],
    ['null', { inputs: [{ ...image, data: [0, null, 0, 0] }] }, /data\[1\].*null/],
    ['text', { inputs: [{ ...image, data: ['1', '2', '3', '4'] }] }, /data\[0\].*"1"/],
    ['ragged data', { inputs: [{ ...image, data: [[[[0, 0]]], [[[0]]]] }] }, /nested, but not as the shape/],
    ['no data', { inputs: [{ ...image, data: undefined }] }, /data should be a list/],
    [
      'an unknown output',
      { inputs: [image], outputs: [{ name: 'y' }] },
      /no output "y". It gives 'probabilities'/,
    ],
  ];
  for (const [name, body, message] of faults) {
    it(`answers 400 to ${name}`, async () => {
      const { status, body: answer } = await infer(body);
      assert.match(String(answer.error), message);
      assert.equal(status, 400);
    });
  }

  it('answers 404 to what is not there, and 405 to another method', async () => {
    for (const path of [
      '/nothing',
      '/v2/models/cat',
      '/v2/models/brightness/versions/2',
      '/models/cat/predict',
    ]) {
      const { status, body } = await json(path, path.endsWith('predict') ? post('') : {});
      assert.equal(status, 404, path);
      assert.equal(typeof body.error, 'string');
    }
    const response = await app.request('/v2/models/brightness/infer');
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('Allow'), 'POST');
  });
});

describe('prediction on pictures', () => {
  const expected = (mean: number) => [brightProbability(mean), 1 - brightProbability(mean)];
  const checkPredictions = (body: Record<string, unknown>, mean: number): void => {
    const predictions = body.predictions as { label: string; probability: number }[];
    assert.deepEqual(
      predictions.map(({ label }) => label),
      ['bright', 'dark'],
    );
    for (const [i, { probability }] of predictions.entries()) {
      assert.ok(Math.abs(probability - expected(mean)[i]!) < 1e-6);
    }
  };

  it('takes the body or the file of a form', async () => {
    const png = (await encodePng(plainImage(204))) as Uint8Array<ArrayBuffer>;
    const form = new FormData();
    form.append('note', 'hello');
    form.append('file', new File([png], 'grey.png'));
    for (const init of [post(png, { 'Content-Type': 'image/png' }), post(png), post(form)]) {
      const { status, body } = await json('/predict', init);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.model, 'brightness');
      assert.equal(body.version, '1');
      assert.equal(typeof body.milliseconds, 'number');
      checkPredictions(body, 0.8);
    }
  });

  it('brings a colour picture to the channels of the model', async () => {
    const png = await encodePng(plainImage(102, 3));
    checkPredictions(
      (await json('/models/brightness/predict', post(png as Uint8Array<ArrayBuffer>))).body,
      0.4,
    );
  });

  it('gives as many classes as asked for', async () => {
    const png = (await encodePng(plainImage(50, 1))) as Uint8Array<ArrayBuffer>;
    const { body } = await json('/models/colour/predict?top=2', post(png));
    const predictions = body.predictions as { label: string }[];
    assert.deepEqual(
      predictions.map(({ label }) => label),
      ['c', 'b'],
    );
    assert.equal((await json('/predict?top=0', post(png))).status, 400);
  });

  const cases: [string, string, () => Promise<RequestInit>, number, RegExp][] = [
    [
      'a broken picture',
      '/predict',
      async () => post('GIF89a, but not really', { 'Content-Type': 'image/gif' }),
      400,
      /cannot be decoded/,
    ],
    [
      'half a picture',
      '/predict',
      async () => {
        const noise = NdArray.of(
          'uint8',
          [1, 64, 64],
          Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251),
        );
        return post((await encodePng(noise)).slice(0, 900) as Uint8Array<ArrayBuffer>);
      },
      400,
      /cannot be decoded/,
    ],
    ['an empty body', '/predict', async () => post('', { 'Content-Type': 'image/png' }), 400, /it is empty/],
    [
      'a form without a file',
      '/predict',
      async () => post(new FormData()),
      400,
      /form has no file|form cannot be read/,
    ],
    [
      'a form that is none',
      '/predict',
      async () => post('x', { 'Content-Type': 'multipart/form-data; boundary=y' }),
      400,
      /form cannot be read/,
    ],
    [
      'JSON',
      '/predict',
      async () => post('{}', { 'Content-Type': 'application/json' }),
      415,
      /not application\/json/,
    ],
    [
      'a body too large',
      '/predict',
      async () => post(new Uint8Array(100_001)),
      413,
      /larger than the 100000 bytes/,
    ],
    [
      'a model for something else',
      '/models/other/predict',
      async () => post(''),
      400,
      /is for depth-estimation/,
    ],
    ['GET', '/predict', async () => ({}), 405, /use POST/],
  ];
  for (const [name, path, init, status, message] of cases) {
    it(`answers ${status} to ${name}`, async () => {
      const answer = await json(path, await init());
      assert.match(String(answer.body.error), message);
      assert.equal(answer.status, status);
    });
  }

  it('takes no picture that unpacks to far more than it seems', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"></svg>';
    const { status, body } = await json('/predict', post(svg, { 'Content-Type': 'image/svg+xml' }));
    assert.equal(status, 400);
    assert.match(String(body.error), /pixel limit/);
  });
});

describe('a model in trouble', () => {
  const served = (run: ServedModel['run']): ModelApp => {
    const [model] = models;
    return createApp({ models: [{ ...model!, run }], timeout: 20, onError: () => {} });
  };
  const ask = (to: ModelApp) =>
    to.request('/v2/models/brightness/infer', post(JSON.stringify({ inputs: [image] })));

  it('that takes too long is answered with 504', async () => {
    const slow = served(() => new Promise(() => {}));
    const response = await ask(slow);
    assert.equal(response.status, 504);
    assert.match(((await response.json()) as { error: string }).error, /longer than 20 ms/);
  });

  it('whose line is full is answered with 503 and Retry-After', async () => {
    const busy = served(() => Promise.reject(new ServiceError(503, 'busy', { 'Retry-After': '1' })));
    const response = await ask(busy);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('Retry-After'), '1');
  });

  it('that fails is answered with 500, without its inner words', async () => {
    const broken = served(() => Promise.reject(new Error('secret')));
    const response = await ask(broken);
    assert.equal(response.status, 500);
    assert.ok(!(await response.text()).includes('secret'));
  });
});

describe('createApp', () => {
  it('wants at least one model, and no name twice', () => {
    assert.throws(() => createApp({ models: [] }), /no model to serve/);
    assert.throws(
      () => createApp({ models: [models[0]!, models[0]!] }),
      /Two models are called 'brightness'/,
    );
  });
});
