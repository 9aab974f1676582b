// Files that are damaged, or made to do harm: a clear error each time, and no large allocation.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
} from '../onnx/generated/onnx_pb.js';
import { external, int64, model, node, type Part, value } from '../onnx/testing.js';
import { importOnnx, OnnxImportError } from './index.js';

const plus = [node('Add', ['x', 'w'], ['y'])];

describe('operators that are not taken', () => {
  it('are named all at once, with their nodes', async () => {
    const file = model({
      node: [
        node('Frobnicate', ['x'], ['a']),
        node('TopK', ['x'], ['b']),
        node('Relu', ['a'], ['c']),
        node('Add', ['c', 'b'], ['y']),
      ],
    });
    await assert.rejects(importOnnx(file, { name: 'odd.onnx' }), (error) => {
      assert.ok(error instanceof OnnxImportError);
      assert.deepEqual(
        error.problems.map(({ node: name, operator }) => [operator, name]),
        [
          ['Frobnicate', 'the Frobnicate'],
          ['TopK', 'the TopK'],
        ],
      );
      return /odd\.onnx cannot be taken as a model because of 2 nodes:\n {2}Frobnicate 'the Frobnicate'/.test(
        error.message,
      );
    });
  });

  it('do not matter where nothing wanted needs them', async () => {
    const file = model({
      node: [node('Frobnicate', ['x'], ['z']), node('Relu', ['x'], ['y'])],
      output: [value('y'), value('z')],
    });
    assert.equal((await importOnnx(file, { outputs: 'y' })).outputs[0]!.name, 'y');
  });

  it('are told from uses of operators that are not taken, of which all are named too', async () => {
    const file = model({
      node: [
        node('Reshape', ['x', 'x'], ['a']),
        node('Conv', ['x', 'x'], ['b']),
        node('Add', ['a', 'b'], ['y']),
      ],
    });
    await assert.rejects(importOnnx(file), (error) => {
      assert.ok(error instanceof OnnxImportError);
      assert.deepEqual(
        error.problems.map(({ operator }) => operator),
        ['Reshape', 'Conv'],
      );
      return true;
    });
  });

  it('a version that is not known is refused', async () => {
    await assert.rejects(importOnnx(model({ node: [] }, 99n)), /version 99 .* versions 7 to \d+ are read/);
    await assert.rejects(importOnnx(model({ node: [] }, 6n)), /version 6/);
  });
});

describe('what would take all memory', () => {
  const huge = 3_000_000_000n;
  const cases: readonly (readonly [string, NonNullable<Part>, RegExp])[] = [
    [
      'ConstantOfShape',
      { node: [node('ConstantOfShape', ['s'], ['y'])], initializer: [int64('s', [huge])] },
      /ConstantOfShape.*its output has the shape \[3000000000\]/,
    ],
    [
      'Expand',
      {
        node: [node('ConstantOfShape', ['one'], ['a']), node('Expand', ['a', 's'], ['y'])],
        initializer: [int64('one', [1n]), int64('s', [60_000n, 60_000n])],
      },
      /Expand.*\[60000, 60000\]/,
    ],
    [
      'Range',
      {
        node: [node('Range', ['a', 'b', 'c'], ['y'])],
        initializer: [int64('a', [0n]), int64('b', [huge]), int64('c', [1n])],
      },
      /Range.*\[3000000000\]/,
    ],
    [
      'Tile',
      { node: [node('Tile', ['x', 's'], ['y'])], initializer: [int64('s', [huge, huge])] },
      /Tile.*3000000000/,
    ],
    [
      'Pad',
      { node: [node('Pad', ['x', 's'], ['y'])], initializer: [int64('s', [0n, huge, 0n, huge])] },
      /Pad.*6000000002/,
    ],
    [
      'dimensions of an input',
      { node: [node('Relu', ['x'], ['y'])], input: [value('x', [huge, huge])] },
      /Relu.*\[3000000000, 3000000000\]/,
    ],
    [
      'a product of inputs that broadcast',
      {
        node: [node('Mul', ['x', 'z'], ['y'])],
        input: [value('x', [100_000n, 1n]), value('z', [1n, 100_000n])],
      },
      /Mul.*\[100000, 100000\]/,
    ],
    [
      'an initializer whose size lies',
      {
        node: plus,
        initializer: [
          create(TensorProtoSchema, {
            name: 'w',
            dataType: DataType.FLOAT,
            dims: [huge],
            rawData: new Uint8Array(8),
          }),
        ],
      },
      /tensor 'w' of shape \[3000000000\] needs 12000000000 bytes, but has 8/,
    ],
    [
      'a negative dimension',
      {
        node: plus,
        initializer: [
          create(TensorProtoSchema, {
            name: 'w',
            dataType: DataType.FLOAT,
            dims: [-1n, -2n],
            floatData: [1, 2],
          }),
        ],
      },
      /tensor 'w' has a dimension of size -1/,
    ],
  ];
  for (const [name, graph, message] of cases) {
    it(`is refused: ${name}`, async () => {
      const file = model(graph);
      assert.ok(file.length < 1024);
      const used = process.memoryUsage().arrayBuffers;
      await assert.rejects(importOnnx(file), message);
      assert.ok(process.memoryUsage().arrayBuffers - used < 64e6, 'bytes allocated');
    });
  }

  it('is refused: graphs within graphs without end', async () => {
    let inner = create(GraphProtoSchema, {});
    for (let depth = 0; depth < 100; depth++) {
      const branch = create(AttributeProtoSchema, {
        name: 'then_branch',
        type: AttributeType.GRAPH,
        g: inner,
      });
      inner = create(GraphProtoSchema, {
        node: [create(NodeProtoSchema, { opType: 'If', attribute: [branch] })],
      });
    }
    await assert.rejects(importOnnx(model(inner)), /graphs within graphs, more than 32 deep|cannot be read/);
    // 20,000 levels by hand: length-delimited fields, each within the one before.
    let bytes: Buffer = Buffer.alloc(0);
    const field = (tag: number, content: Buffer): Buffer => {
      const length: number[] = [];
      for (let rest = content.length; ; rest >>>= 7) {
        length.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      return Buffer.concat([Buffer.from([tag, ...length]), content]);
    };
    for (let depth = 0; depth < 20_000; depth++) bytes = field(0x0a, field(0x2a, field(0x32, bytes)));
    await assert.rejects(importOnnx(new Uint8Array(field(0x3a, bytes))), /deep|cannot be read/);
  });

  it('a chain of ten thousand nodes is no matter', async () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) =>
      node('Relu', [i === 0 ? 'x' : `v${i}`], [i === 9999 ? 'y' : `v${i + 1}`]),
    );
    assert.equal((await importOnnx(model({ node: nodes }))).graph().nodes.length, 10_000);
  });
});

describe('damaged files and data in other files', () => {
  let folder = '';
  const path = (name: string): string => join(folder, 'models', name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-onnx-'));
    await mkdir(path('.'));
    await writeFile(join(folder, 'secret.bin'), new Uint8Array(8));
    await writeFile(path('weights.bin'), new Uint8Array(new Float32Array([0, 3, 4]).buffer));
    await symlink(join(folder, 'secret.bin'), path('link.bin'));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (location: string, ...rest: string[]): Promise<string> => {
    const file = path('model.onnx');
    await writeFile(file, model({ node: plus, initializer: [external(location, ...rest)] }));
    return file;
  };

  it('data beside the file is read', async () => {
    const { variables } = await importOnnx(await write('weights.bin', '8', '4'));
    assert.deepEqual((variables.parameters.w as { toNumbers(): number[] }).toNumbers(), [3, 4]);
  });

  it('data elsewhere is not', async () => {
    await assert.rejects(
      importOnnx(await write('../secret.bin')),
      /'\.\.\/secret\.bin' lies outside the folder/,
    );
    await assert.rejects(importOnnx(await write(join(folder, 'secret.bin'))), /lies outside the folder/);
    await assert.rejects(importOnnx(await write('link.bin')), /leads, by a link, outside/);
    await assert.rejects(importOnnx(await write('')), /lies outside the folder/);
    await assert.rejects(importOnnx(await write('.')), /lies outside the folder/);
  });

  it('what is missing, cut off or of another length is said', async () => {
    await assert.rejects(importOnnx(await write('nowhere.bin')), /'nowhere\.bin' is missing/);
    await assert.rejects(
      importOnnx(await write('weights.bin', '8', '8')),
      /has 12 bytes, but .* 8 bytes at 8/,
    );
    await assert.rejects(importOnnx(await write('weights.bin', '4')), /says that 4 bytes .* needs 8/);
    await assert.rejects(importOnnx(await write('weights.bin', '8', '-4')), /at -4/);
    await assert.rejects(
      importOnnx(path('nothing.onnx')),
      /nothing\.onnx cannot be read: there is no such file/,
    );
    const file = await write('weights.bin');
    await truncate(file, 60);
    await assert.rejects(importOnnx(file), /cut off, or no ONNX file/);
    await assert.rejects(importOnnx(new Uint8Array([1, 2, 3])), /cut off, or no ONNX file/);
    const inMemory = model({ node: plus, initializer: [external('weights.bin')] });
    await assert.rejects(importOnnx(inMemory), /keeps its data in another file/);
  });
});
