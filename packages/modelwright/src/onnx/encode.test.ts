import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { NdArray } from '../graph/array.js';
import { type DType, dtypes } from '../graph/dtype.js';
import { Graph } from '../graph/graph.js';
import { input, type Tensor } from '../graph/tensor.js';
import { add, concat, constant, div, matmul, mul, neg, relu, transpose } from '../primitives/index.js';
import { runOnnx } from '../runtime/testing.js';
import { type EncodeOptions, encodeModel } from './encode.js';
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type ValueInfoProto,
} from './generated/onnx_pb.js';

const decode = (graph: Graph, options?: EncodeOptions): ModelProto & { readonly graph: GraphProto } =>
  fromBinary(ModelProtoSchema, encodeModel(graph, options)) as ModelProto & { readonly graph: GraphProto };

/** A value's element type and dimensions, sizes as numbers and open ones by name. */
function typeOf({ type }: ValueInfoProto): [number, (number | string)[]] {
  assert.equal(type?.value.case, 'tensorType');
  const { elemType, shape } = type.value.value as {
    elemType: number;
    shape?: { dim: { value: { value?: unknown } }[] };
  };
  return [
    elemType,
    shape!.dim.map(({ value: { value } }) => (typeof value === 'bigint' ? Number(value) : (value as string))),
  ];
}

describe('encodeModel', () => {
  it('writes header, inputs, nodes and outputs, open dimensions by name', () => {
    const x = input('pixels', 'float32', ['batch', 3, 'width']);
    const y = concat([relu(x), x], 1);
    const model = decode(new Graph([x], [y]), {
      name: 'twice',
      outputNames: ['both'],
      metadata: { maker: 'me' },
    });
    assert.equal(model.irVersion, 9n);
    assert.equal(model.producerName, 'modelwright');
    assert.deepEqual(
      model.opsetImport.map(({ domain, version }) => [domain, version]),
      [['', 20n]],
    );
    assert.deepEqual(
      model.metadataProps.map(({ key, value }) => [key, value]),
      [['maker', 'me']],
    );
    assert.equal(model.graph.name, 'twice');
    assert.deepEqual(
      model.graph.input.map(({ name }) => name),
      ['pixels'],
    );
    assert.deepEqual(typeOf(model.graph.input[0]!), [DataType.FLOAT, ['batch', 3, 'width']]);
    assert.deepEqual(
      model.graph.output.map(({ name }) => name),
      ['both'],
    );
    assert.deepEqual(typeOf(model.graph.output[0]!), [DataType.FLOAT, ['batch', 6, 'width']]);
    const [first, second] = model.graph.node;
    assert.deepEqual([first!.opType, first!.input], ['Relu', ['pixels']]);
    assert.deepEqual(
      [second!.opType, second!.input, second!.output],
      ['Concat', [first!.output[0], 'pixels'], ['both']],
    );
    assert.deepEqual(
      second!.attribute.map(({ name, type, i }) => [name, type, i]),
      [['axis', AttributeType.INT, 1n]],
    );
  });

  it('writes arrays of every dtype as little-endian bytes, and shares equal ones', () => {
    const codes: Record<DType, DataType> = {
      float32: DataType.FLOAT,
      float64: DataType.DOUBLE,
      float16: DataType.FLOAT16,
      int32: DataType.INT32,
      int64: DataType.INT64,
      uint32: DataType.UINT32,
      uint8: DataType.UINT8,
      int8: DataType.INT8,
      bool: DataType.BOOL,
    };
    const arrays = dtypes.map((dtype) => NdArray.of(dtype, [2, 1], [1, 0]));
    const { graph } = decode(
      new Graph(
        [],
        [...arrays, ...arrays.map((array) => array.clone())].map((array) => constant(array)),
      ),
    );
    assert.deepEqual(
      graph.initializer.map(({ dataType, dims }) => [dataType, dims]),
      dtypes.map((dtype) => [codes[dtype], [2n, 1n]]),
    );
    for (const [i, { rawData }] of graph.initializer.entries()) {
      const { buffer, byteLength } = arrays[i]!.data;
      assert.deepEqual([...rawData], [...new Uint8Array(buffer, 0, byteLength)]);
    }
    assert.equal(graph.initializer.find(({ dataType }) => dataType === DataType.INT64)!.rawData.length, 16);
  });

  it('keeps zero and minus zero apart', async () => {
    const x = input('x', 'float32', []);
    const model = encodeModel(new Graph([x], [div(x, constant(0)), div(x, constant(-0))]));
    const { output0, output1 } = await runOnnx(model, { x: NdArray.from(1) });
    assert.deepEqual(
      [output0!.data[0], output1!.data[0]],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
  });

  it('stores tensors that are known by name as initializers and not as inputs', async () => {
    const [x, w] = [input('x', 'float32', ['batch', 2]), input('layer.weight', 'float32', [2, 1])];
    const value = NdArray.from([[2], [3]]);
    const initializers = new Map([[w, { name: 'layer.weight', value }]]);
    const model = encodeModel(new Graph([w, x], [matmul(x, w)]), { initializers });
    const { graph } = fromBinary(ModelProtoSchema, model);
    assert.deepEqual(
      graph!.initializer.map(({ name }) => name),
      ['layer.weight'],
    );
    assert.deepEqual(
      graph!.input.map(({ name }) => name),
      ['x'],
    );
    assert.deepEqual([...(await runOnnx(model, { x: NdArray.from([[10, 1]]) })).output0!.data], [23]);
  });

  it('copies where an output is an input, a constant, or another output, and nowhere else', async () => {
    const x = input('x', 'float32', [2]);
    const y = neg(x);
    const model = encodeModel(new Graph([x], [x, y, y, constant(NdArray.from([5, 6])), relu(y)]));
    const { graph } = fromBinary(ModelProtoSchema, model);
    assert.deepEqual(graph!.node.map(({ opType }) => opType).sort(), [
      'Identity',
      'Identity',
      'Identity',
      'Neg',
      'Relu',
    ]);
    const results = await runOnnx(model, { x: NdArray.from([1, -2]) });
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((i) => [...results[`output${i}`]!.data].map((value) => value + 0)),
      [
        [1, -2],
        [-1, 2],
        [-1, 2],
        [5, 6],
        [0, 2],
      ],
    );
  });

  it('makes names unique: of inputs among each other, and apart from those it makes itself', async () => {
    const labels = ['x', 'x', 'x.1', 'v0', 'c0', 'output0', ''];
    const inputs = labels.map((label) => input(label, 'float32', []));
    const total = inputs.map((each, i) => mul(each, 10 ** i)).reduce(add);
    const model = encodeModel(new Graph(inputs, [total]));
    const { graph } = fromBinary(ModelProtoSchema, model);
    const names = graph!.input.map(({ name }) => name);
    assert.equal(new Set(names).size, labels.length);
    assert.deepEqual([names[0], names[3], names[4], names[5]], ['x', 'v0', 'c0', 'output0']);
    const results = await runOnnx(
      model,
      Object.fromEntries(names.map((name, i) => [name, NdArray.from(i + 1)])),
    );
    assert.equal(Object.values(results)[0]!.data[0], 7_654_321);
  });

  it('refuses an output by the name of an input', () => {
    const x = input('prediction', 'float32', []);
    assert.throws(
      () => encodeModel(new Graph([x], [neg(x)]), { outputNames: ['prediction'] }),
      /'prediction' names an output, and .* an input/,
    );
  });

  it("uses ONNX Runtime's own operators only when they are asked for", () => {
    const [x, y] = [input('x', 'float32', [5, 2, 3]), input('y', 'float32', [5, 2, 4])];
    const graph = new Graph([x, y], [matmulOfTransposed(x, y)]);
    const plain = decode(graph);
    assert.ok(plain.graph.node.every(({ domain }) => domain === ''));
    assert.deepEqual(
      plain.opsetImport.map(({ domain }) => domain),
      [''],
    );
    const extended = decode(graph, { extensions: true });
    assert.deepEqual(
      extended.opsetImport.map(({ domain }) => domain),
      ['', 'com.microsoft'],
    );
  });
});

const matmulOfTransposed = (x: Tensor, y: Tensor): Tensor => matmul(transpose(x, [0, 2, 1]), y);
