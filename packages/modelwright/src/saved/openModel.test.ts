import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import type { ModelConfig } from './config.js';
import { writeModelFolder } from './folder.js';
import { checkInputs, InvalidInputError, openModel } from './openModel.js';
import { scalingModel } from './testing.js';

describe('openModel', () => {
  let parent = '';
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'modelwright-open-'));
  });
  after(() => rm(parent, { recursive: true }));

  it('runs a model by names, for any batch', async () => {
    await writeModelFolder(join(parent, 'model'), scalingModel(3));
    const model = await openModel(join(parent, 'model'));
    for (const batch of [1, 4]) {
      const x = NdArray.of(
        'float32',
        [batch, 2],
        Array.from({ length: 2 * batch }, (_, i) => i),
      );
      const { y } = await model.run({ x });
      assert.deepEqual(
        y!.toNumbers(),
        x.toNumbers().map((value) => 3 * value),
      );
    }
    await assert.rejects(model.run({ x: NdArray.from([1, 2]) }), InvalidInputError);
    await model.release();
  });

  it('says when the network is damaged', async () => {
    const directory = join(parent, 'damaged');
    await writeModelFolder(directory, scalingModel(3));
    await truncate(join(directory, 'onnx', 'model.onnx'), 60);
    await assert.rejects(openModel(directory), /model.onnx cannot be opened; it may be damaged or cut off/);
  });
});

describe('checkInputs', () => {
  const config: ModelConfig = {
    ...scalingModel(1).config,
    inputs: [
      { name: 'tokens', dtype: 'int64', shape: ['batch', 'time'] },
      { name: 'mask', dtype: 'bool', shape: ['batch', 'time'] },
      { name: 'image', dtype: 'uint8', shape: ['batch', 3] },
    ],
  };
  const fitting = {
    tokens: new NdArray('int64', [2, 5]),
    mask: new NdArray('bool', [2, 5]),
    image: new NdArray('uint8', [2, 3]),
  };

  it('takes inputs that fit', () => checkInputs(config, fitting));

  const { mask: _, ...withoutMask } = fitting;
  const cases: [string, Record<string, NdArray>, RegExp][] = [
    [
      'an unknown name',
      { ...fitting, ids: fitting.tokens },
      /no input 'ids'. It takes 'tokens', 'mask', 'image'/,
    ],
    ['a missing input', withoutMask, /'mask' is missing/],
    [
      'another dtype',
      { ...fitting, tokens: new NdArray('int32', [2, 5]) },
      /'tokens' should be int64\[batch, time\], but it is int32\[2, 5\]: its dtype is int32, not int64/,
    ],
    ['another rank', { ...fitting, image: new NdArray('uint8', [2, 3, 1]) }, /has 3 dimensions, not 2/],
    [
      'another fixed size',
      { ...fitting, image: new NdArray('uint8', [2, 4]) },
      /dimension 1 of \[2, 4\] is 4, not 3/,
    ],
    [
      'an open size that differs between inputs',
      { ...fitting, mask: new NdArray('bool', [2, 6]) },
      /dimension 1 of \[2, 6\] is 6, not 'time', which is 5 in another place/,
    ],
    ['no elements', { ...fitting, image: new NdArray('uint8', [0, 3]) }, /it has no elements/],
  ];
  for (const [name, inputs, message] of cases) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => checkInputs(config, inputs),
        (error) => error instanceof InvalidInputError && message.test(error.message),
      );
    });
  }
});
