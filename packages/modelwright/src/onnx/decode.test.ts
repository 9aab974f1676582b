import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { constant, matmul, relu } from '../primitives/index.js';
import { readFixture } from '../testing/fixture.js';
import { decodeModel, type OnnxGraph } from './decode.js';
import { encodeModel, opsetVersion } from './encode.js';

describe('decodeModel', () => {
  const { onnx } = readFixture<{ onnx: string }>(import.meta.url, 'fixtures/model.json');
  const file = new Uint8Array(Buffer.from(onnx, 'base64'));

  it("reads what Python's onnx package wrote", () => {
    const { irVersion, producer, opsets, graph } = decodeModel(file);
    assert.deepEqual([irVersion, producer, opsets], [9, 'by hand', { '': 20 }]);
    assert.deepEqual(graph.inputs, [
      { name: 'x', dtype: 'float32', shape: ['batch', 3] },
      { name: 'flag', dtype: 'bool', shape: [] },
    ]);
    assert.deepEqual(graph.outputs[0], { name: 'z', dtype: 'int64', shape: ['batch', 2] });
    const [gemm, cast, branch] = graph.nodes;
    assert.deepEqual([gemm!.operator, gemm!.inputs, gemm!.outputs], ['Gemm', ['x', 'weight'], ['y']]);
    assert.deepEqual(gemm!.attributes, { alpha: 0.5, transB: 1n });
    assert.deepEqual(cast!.attributes, { to: 7n });
    const inner = (branch!.attributes.then_branch as OnnxGraph).initializers.get('inner')!;
    assert.deepEqual(inner.toNumbers(), [5, 6]);
    const { initializers } = graph;
    assert.deepEqual(
      initializers.get('weight'),
      NdArray.from([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    assert.deepEqual(initializers.get('ids'), NdArray.from([7, -8], 'int64'));
    assert.deepEqual(initializers.get('bytes'), NdArray.from([1, 2, 255], 'uint8'));
  });

  it('reads what encodeModel writes', () => {
    const x = input('x', 'float32', ['batch', 2]);
    const weight = NdArray.from([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const model = decodeModel(
      encodeModel(new Graph([x], [relu(matmul(x, constant(weight)))]), {
        outputNames: ['y'],
        metadata: { note: 'n' },
      }),
    );
    assert.deepEqual(model.opsets, { '': opsetVersion });
    assert.deepEqual(model.metadata, { note: 'n' });
    assert.deepEqual(
      model.graph.nodes.map(({ operator }) => operator),
      ['MatMul', 'Relu'],
    );
    assert.deepEqual([...model.graph.initializers.values()], [weight]);
    assert.deepEqual(model.graph.outputs, [{ name: 'y', dtype: 'float32', shape: ['batch', 3] }]);
  });

  it('refuses what is no ONNX file, is cut off, or says more than it holds', () => {
    assert.throws(() => decodeModel(new Uint8Array()), /holds no graph/);
    assert.throws(
      () => decodeModel(file.subarray(0, 200), 'small.onnx'),
      /small\.onnx cannot be read: it is cut off/,
    );
    assert.throws(() => decodeModel(new TextEncoder().encode('this is a text, not a model')), /no ONNX file/);
    // The dims of 'bytes', 3, made 3 times 2^20: a length that the data does not have.
    const marker = Buffer.from(file).lastIndexOf(Buffer.from([0x08, 0x03, 0x10, 0x02]));
    const lying = new Uint8Array([...file]);
    lying[marker + 1] = 0x7f;
    assert.throws(() => decodeModel(lying), /tensor 'bytes' of shape \[127\] needs 127 bytes, but has 3/);
  });
});
