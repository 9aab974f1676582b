import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { NdArray } from '../graph/array.js';
import { SparseTensorProtoSchema, TypeProtoSchema, ValueInfoProtoSchema } from '../onnx/generated/onnx_pb.js';
import { external, int64, model, node, type Part, value } from '../onnx/testing.js';
import { checkOnnxFile, onnxTask, saveOnnxFile } from './onnxFile.js';
import { openModel } from './openModel.js';

describe('an ONNX file as a model', () => {
  let folder = '';
  const path = (name: string): string => join(folder, 'models', name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-any-onnx-'));
    await mkdir(path('.'));
    await writeFile(path('weights.bin'), new Uint8Array(new Float32Array([0, 3, 4]).buffer));
    await writeFile(join(folder, 'secret.bin'), new Uint8Array(8));
    await symlink(join(folder, 'secret.bin'), path('link.bin'));
  });
  after(() => rm(folder, { recursive: true }));
  const write = async (graph: NonNullable<Part>): Promise<string> => {
    await writeFile(path('any.onnx'), model(graph));
    return path('any.onnx');
  };
  const plus = [node('Add', ['x', 'w'], ['y'])];

  it('runs as it is, described by its inputs and outputs, with its data in itself', async () => {
    const file = await write({
      node: plus,
      input: [value('x', ['batch', 2n])],
      initializer: [external('weights.bin', '8', '4')],
    });
    const config = await saveOnnxFile(file, path('saved'));
    assert.equal(config.task, onnxTask);
    assert.deepEqual(config.inputs, [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }]);
    assert.deepEqual(config.outputs, [{ name: 'y', dtype: 'float32', shape: ['batch', 2] }]);
    assert.deepEqual((await readdir(path('saved'))).sort(), [
      ...['README.md', 'config.json', 'model.safetensors', 'onnx'],
    ]);
    await checkOnnxFile(join(path('saved'), 'onnx', 'model.onnx'));
    const opened = await openModel(path('saved'));
    const { y } = await opened.run({
      x: NdArray.from([
        [1, 1],
        [0, -4],
      ]),
    });
    assert.deepEqual(y!.toNumbers(), [4, 5, 3, 0]);
    await opened.release();
  });

  it('gives open dimensions without a name names that differ', async () => {
    const file = await write({
      node: [node('Add', ['x', 'z'], ['y'])],
      input: [value('x', ['', 2n]), value('z', ['', 2n])],
    });
    const { inputs } = await saveOnnxFile(file, path('open'));
    assert.deepEqual(
      inputs.map(({ shape }) => shape),
      [
        ['x_0', 2],
        ['z_0', 2],
      ],
    );
  });

  const huge = 3_000_000_000n;
  const notTensor = create(ValueInfoProtoSchema, { name: 'y', type: create(TypeProtoSchema, {}) });
  const cases: [string, NonNullable<Part>, RegExp][] = [
    [
      'data outside the folder',
      { node: plus, initializer: [external('../secret.bin')] },
      /lies outside the folder/,
    ],
    ['data behind a link', { node: plus, initializer: [external('link.bin')] }, /leads, by a link, outside/],
    ['data that is cut off', { node: plus, initializer: [external('weights.bin', '8', '8')] }, /cut off/],
    [
      'a huge constant',
      { node: [node('ConstantOfShape', ['s'], ['y'])], initializer: [int64('s', [huge])] },
      /ConstantOfShape 'the ConstantOfShape' has 3000000000 elements or more/,
    ],
    [
      'a huge copy',
      { node: [node('Expand', ['x', 's'], ['y'])], initializer: [int64('s', [60_000n, 60_000n])] },
      /Expand .* has 3600000000 elements/,
    ],
    [
      'many tiles',
      { node: [node('Tile', ['x', 's'], ['y'])], initializer: [int64('s', [huge, 1n])] },
      /Tile/,
    ],
    [
      'a long range',
      {
        node: [node('Range', ['a', 'b', 'c'], ['y'])],
        initializer: [int64('a', [0n]), int64('b', [huge]), int64('c', [1n])],
      },
      /Range .* has 3000000000 elements/,
    ],
    ['random numbers', { node: [node('RandomNormal', [], ['y'], { shape: [huge] })] }, /RandomNormal/],
    [
      'a huge input',
      { node: plus, input: [value('x', [huge, huge])] },
      /'x' of shape \[3000000000, 3000000000\]/,
    ],
    ['an output that is no tensor', { node: plus, output: [notTensor] }, /is no tensor but a list or a map/],
    ['sparse tensors', { sparseInitializer: [create(SparseTensorProtoSchema, {})] }, /sparse tensors/],
  ];
  for (const [name, graph, message] of cases) {
    it(`is refused, and nothing written: ${name}`, async () => {
      await assert.rejects(saveOnnxFile(await write(graph), path('refused')), message);
      assert.ok(!(await readdir(path('.'))).some((entry) => entry.includes('refused')));
    });
  }

  it('is refused where it is none, cut off, or not there', async () => {
    await writeFile(path('text.onnx'), 'hello');
    await assert.rejects(saveOnnxFile(path('text.onnx'), path('refused')), /cut off, or no ONNX file/);
    await writeFile(
      path('half.onnx'),
      model({ node: plus, initializer: [int64('w', [1n, 2n])] }).slice(0, 60),
    );
    await assert.rejects(saveOnnxFile(path('half.onnx'), path('refused')), /cut off, or no ONNX file/);
    await assert.rejects(saveOnnxFile(path('none.onnx'), path('refused')), /no such file/);
  });
});
