import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { int64, looping, model, node, value } from '../onnx/testing.js';
import { LimitError } from '../runtime/limits.js';
import { saveOnnxFile } from './onnxFile.js';
import { tryModel } from './trial.js';

const limits = { memory: 256e6, timeout: 30_000 };
const skip = process.platform === 'linux' ? false : 'only on Linux is the memory of a process bounded';

/** A chain of such nodes, each doing something with what the one before made. */
const chain = (count: number, make: (from: string, to: string, i: number) => ReturnType<typeof node>) =>
  Array.from({ length: count }, (_, i) => ({ ...make(`v${i}`, `v${i + 1}`, i), name: `${i}` }));

/** A product of constants as a size: no single constant shows it. */
const computedSize = [node('Mul', ['a', 'a'], ['size']), node('ConstantOfShape', ['size'], ['big'])];

/** Files that ask for more than they look like, by nothing but their intermediate values. */
const bombs: readonly (readonly [string, Uint8Array, 'memory' | 'time'])[] = [
  [
    'a size that is computed from constants',
    model({
      node: [
        ...computedSize,
        node('ReduceSum', ['big'], ['s'], { keepdims: 0n }),
        node('Add', ['x', 's'], ['y']),
      ],
      initializer: [int64('a', [60_000n])],
    }),
    'memory',
  ],
  [
    'forty doublings',
    model({
      node: [
        node('Reshape', ['x', 'flat'], ['v0']),
        ...chain(40, (from, to) => node('Concat', [from, from], [to], { axis: 0n })),
        node('ReduceMax', ['v40'], ['m'], { keepdims: 0n }),
        node('Add', ['x', 'm'], ['y']),
      ],
      initializer: [int64('flat', [-1n])],
    }),
    'memory',
  ],
  [
    'all pairs of what is repeated',
    model({
      node: [
        node('Tile', ['x', 'times'], ['long']),
        { ...node('Reshape', ['long', 'row'], ['r']), name: 'as a row' },
        node('Reshape', ['long', 'column'], ['c']),
        { ...node('Add', ['r', 'c'], ['pairs']), name: 'pairs' },
        node('ReduceMax', ['pairs'], ['m'], { keepdims: 0n }),
        node('Add', ['x', 'm'], ['y']),
      ],
      initializer: [int64('times', [1n, 50_000n]), int64('row', [1n, -1n]), int64('column', [-1n, 1n])],
    }),
    'memory',
  ],
  ['a loop that does not end', looping(10n ** 18n), 'time'],
];

describe('a saved model that is tried', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-trial-'));
  });
  after(() => rm(folder, { recursive: true }));
  const save = async (file: Uint8Array): Promise<string> => {
    await writeFile(join(folder, 'any.onnx'), file);
    await saveOnnxFile(join(folder, 'any.onnx'), join(folder, 'saved'));
    return join(folder, 'saved');
  };

  it('is fit where it runs on zeros', async () => {
    await tryModel(await save(model({ node: [node('Relu', ['x'], ['y'])] })), limits);
    await tryModel(await save(looping()), limits);
  });

  it('is refused where it cannot be opened', async () => {
    const unknown = await save(model({ node: [node('Frobnicate', ['x'], ['y'])] }));
    await assert.rejects(tryModel(unknown, limits), (error) => {
      assert.ok(!(error instanceof LimitError));
      return /model\.onnx cannot be opened.*Frobnicate/s.test((error as Error).message);
    });
    const extra = await save(model({ node: [node('Relu', ['x'], ['y'])] }));
    await writeFile(join(extra, 'onnx', 'step.onnx'), 'nonsense');
    await assert.rejects(tryModel(extra, limits), /step\.onnx.*cut off, or no ONNX file/s);
  });

  for (const [name, file, limit] of bombs) {
    it(`is refused for ${name}`, { skip: limit === 'memory' && skip }, async () => {
      assert.ok(file.length < 4096);
      const saved = await save(file);
      const started = process.memoryUsage().rss;
      await assert.rejects(
        tryModel(saved, limit === 'time' ? { ...limits, timeout: 500 } : limits),
        (error) => {
          assert.ok(error instanceof LimitError, String(error));
          assert.equal(error.limit, limit);
          return limit === 'time' || /more memory .* than the 256 MB that a run may take/.test(error.message);
        },
      );
      assert.ok(process.memoryUsage().rss - started < 200e6, 'memory of this process');
    });
  }

  it('is refused for what reading it takes', { skip }, async () => {
    // Two bytes a node of nothing: as objects they take a hundred times as much.
    const nodes = Buffer.alloc(2 * 2_000_000);
    for (let i = 0; i < nodes.length; i += 2) nodes[i] = 0x0a;
    const length: number[] = [];
    for (let rest = nodes.length; rest > 0; rest >>>= 7) length.push((rest & 127) | (rest > 127 ? 128 : 0));
    const directory = await save(model({ node: [node('Relu', ['x'], ['y'])], input: [value('x')] }));
    await mkdir(join(directory, 'onnx'), { recursive: true });
    await writeFile(join(directory, 'onnx', 'model.onnx'), Buffer.from([0x3a, ...length, ...nodes]));
    await assert.rejects(tryModel(directory, { memory: 64e6 }), (error) => error instanceof LimitError);
  });
});
