// The requests that the documents of the Open Inference Protocol V2 and of Triton's binary tensor data extension give as examples:
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { concat } from 'modelwright';
import { encodeModel, Graph, input } from 'modelwright/onnx';
import { NdArray } from 'modelwright/runtime';
import { writeModelFolder } from 'modelwright/saved';
import { createApp } from './app.js';
import type { ModelApp } from './routes.js';
import { type ServedModel, serveModel } from './servedModel.js';

/** output0 [3, 2]: the four numbers of input0 as two rows, and a row with how many of input1 are true, and half of that. */
async function saveExampleModel(directory: string): Promise<void> {
  const input0 = input('input0', 'uint32', [2, 2]);
  const input1 = input('input1', 'bool', [3]);
  const weight = input('weight', 'float32', [1, 2]);
  const value = NdArray.from([[1, 0.5]]);
  const count = input1.cast('float32').sum(0).reshape([1, 1]).mul(weight);
  const output0 = concat([input0.cast('float32'), count], 0);
  await writeModelFolder(directory, {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task: 'other',
      inputs: [
        { name: 'input0', dtype: 'uint32', shape: [2, 2] },
        { name: 'input1', dtype: 'bool', shape: [3] },
      ],
      outputs: [{ name: 'output0', dtype: 'float32', shape: [3, 2] }],
    },
    tensors: new Map([['weight', value]]),
    onnx: encodeModel(new Graph([input0, input1, weight], [output0]), {
      outputNames: ['output0'],
      initializers: new Map([[weight, { name: 'weight', value }]]),
    }),
  });
}

/** y = 2 x, x float32 [batch, 2]. */
async function saveDoubling(directory: string): Promise<void> {
  const x = input('x', 'float32', ['batch', 2]);
  const weight = input('weight', 'float32', [1]);
  const value = NdArray.from([2]);
  await writeModelFolder(directory, {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task: 'other',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 2] }],
    },
    tensors: new Map([['weight', value]]),
    onnx: encodeModel(new Graph([x, weight], [x.mul(weight)]), {
      outputNames: ['y'],
      initializers: new Map([[weight, { name: 'weight', value }]]),
    }),
  });
}

describe("the protocol documents' examples", () => {
  let folder = '';
  let models: ServedModel[] = [];
  let app: ModelApp;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-protocol-'));
    await saveExampleModel(join(folder, 'mymodel'));
    await saveDoubling(join(folder, 'doubling'));
    models = await Promise.all(
      ['mymodel', 'doubling'].map((name) => serveModel(join(folder, name), { replicas: 1 })),
    );
    app = createApp({ models });
  });
  after(async () => {
    for (const model of models) await model.release();
    await rm(folder, { recursive: true });
  });
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    app.request(path, { method: 'POST', body, headers });

  it('of inference with JSON', async () => {
    // As in the document, but that its input1 of the shape [3] has one value there, which is not enough.
    const body = `{
      "id" : "42",
      "inputs" : [
        {
          "name" : "input0",
          "shape" : [ 2, 2 ],
          "datatype" : "UINT32",
          "data" : [ 1, 2, 3, 4 ]
        },
        {
          "name" : "input1",
          "shape" : [ 3 ],
          "datatype" : "BOOL",
          "data" : [ true, false, true ]
        }
      ],
      "outputs" : [
        {
          "name" : "output0"
        }
      ]
    }`;
    for (const path of ['/v2/models/mymodel/infer', '/v2/models/mymodel/versions/1/infer']) {
      const response = await post(path, body, { 'Content-Type': 'application/json' });
      assert.deepEqual(await response.json(), {
        id: '42',
        model_name: 'mymodel',
        model_version: '1',
        outputs: [{ name: 'output0', shape: [3, 2], datatype: 'FP32', data: [1, 2, 3, 4, 2, 1] }],
      });
    }
    const tooFew = await post('/v2/models/mymodel/infer', body.replace('true, false, true', 'true'), {});
    assert.equal(tooFew.status, 400);
  });

  it('of inference with binary data', async () => {
    const json = `{
      "model_name" : "mymodel",
      "inputs" : [
        {
          "name" : "input0",
          "shape" : [ 2, 2 ],
          "datatype" : "UINT32",
          "parameters" : {
            "binary_data_size" : 16
          }
        },
        {
          "name" : "input1",
          "shape" : [ 3 ],
          "datatype" : "BOOL",
          "parameters" : {
            "binary_data_size" : 3
          }
        }
      ],
      "outputs" : [
        {
          "name" : "output0",
          "parameters" : {
            "binary_data" : true
          }
        }
      ]
    }`;
    const input0 = Buffer.from(new Uint32Array([1, 2, 3, 4]).buffer);
    const input1 = Buffer.from([1, 1, 1]);
    const response = await post(
      '/v2/models/mymodel/infer',
      new Uint8Array(Buffer.concat([Buffer.from(json), input0, input1])),
      {
        'Content-Type': 'application/octet-stream',
        'Inference-Header-Content-Length': String(json.length),
      },
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Content-Type'), 'application/octet-stream');
    const length = Number(response.headers.get('Inference-Header-Content-Length'));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const head = JSON.parse(Buffer.from(bytes.subarray(0, length)).toString()) as { outputs: unknown };
    assert.deepEqual(head.outputs, [
      { name: 'output0', shape: [3, 2], datatype: 'FP32', parameters: { binary_data_size: 24 } },
    ]);
    assert.deepEqual([...new Float32Array(bytes.slice(length).buffer)], [1, 2, 3, 4, 3, 1.5]);
  });

  it('of inference with all outputs in binary', async () => {
    const json = JSON.stringify({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
      parameters: { binary_data_output: true },
    });
    const x = Buffer.from(new Float32Array([1, -3]).buffer);
    const response = await post(
      '/v2/models/doubling/infer',
      new Uint8Array(Buffer.concat([Buffer.from(json), x])),
      { 'Inference-Header-Content-Length': String(json.length) },
    );
    const length = Number(response.headers.get('Inference-Header-Content-Length'));
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.deepEqual([...new Float32Array(bytes.slice(length).buffer)], [2, -6]);
  });

  it('of bytes alone, for a model with one input', async () => {
    const raw = { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': '0' };
    const six = new Uint8Array(new Float32Array([1, 2, 3, 4, 5, 6]).buffer);
    const response = await post('/v2/models/doubling/infer', six, raw);
    assert.equal(response.status, 200);
    const length = Number(response.headers.get('Inference-Header-Content-Length'));
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.deepEqual([...new Float32Array(bytes.slice(length).buffer)], [2, 4, 6, 8, 10, 12]);
    const cut = await post('/v2/models/doubling/infer', six.slice(0, 23), raw);
    assert.equal(cut.status, 400);
    assert.match(((await cut.json()) as { error: string }).error, /takes 16 bytes, but 23 were sent/);
    const two = await post('/v2/models/mymodel/infer', six, raw);
    assert.match(((await two.json()) as { error: string }).error, /Only a model with one input/);
  });
});
