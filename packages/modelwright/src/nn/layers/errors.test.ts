// What people read when layers do not fit: the layer, both shapes, and what to do.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { input } from '../../graph/tensor.js';
import {
  activation,
  batchNorm,
  compose,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  embedding,
  flatten,
  globalAveragePool,
  groupNorm,
  type InputType,
  imagePreprocessing,
  type Layer,
  layerToJson,
  maxPool2d,
  parallel,
  reshapeTo,
  residual,
  sequential,
} from '../index.js';

const images: InputType = { shape: ['batch', 3, 8, 8] };
const init =
  (layer: Layer, type: InputType = images) =>
  () =>
    layer.init(type);

describe('layers that do not fit each other', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'dense after conv',
      init(sequential(conv2d(4, 3), dense(10))),
      /dense \(layer 1\), given float32\[batch, 4, 6, 6\]: .*\[features, 10\].*\[batch, 4, 6, 6\]\. Did you mean to flatten\(\) first\?/,
    ],
    [
      'conv after flatten',
      init(sequential(flatten(), conv2d(4, 3))),
      /conv2d \(layer 1\), given float32\[batch, 192\]: expected \[batch, channels, height, width\].*after flatten\(\)/,
    ],
    ['images without channels', init(conv2d(4, 3), { shape: ['batch', 8, 8] }), /reshapeTo\(\[1, \.\.\.\]\)/],
    [
      'too many pools',
      init(sequential(maxPool2d(2), maxPool2d(2), conv2d(4, 3))),
      /conv2d \(layer 2\).*kernel of \[3, 3\].*\[2, 2\].*padding: 'same'/,
    ],
    [
      'whole numbers into conv',
      init(conv2d(4, 3), { dtype: 'uint8', shape: [1, 3, 8, 8] }),
      /uint8.*imagePreprocessing\(\)/,
    ],
    [
      'whole numbers into dense',
      init(dense(4), { dtype: 'int32', shape: [1, 3] }),
      /int32.*embedding\(\) for tokens.*cast/,
    ],
    ['floats into embedding', init(embedding(10, 4)), /embedding.*whole-number indices below 10.*float32/],
    [
      'groups',
      init(conv2d(4, 3, { groups: 2 })),
      /3 channels and 4 filters do not both divide into 2 groups/,
    ],
    ['group norm', init(groupNorm(2)), /3 channels do not divide into 2 groups/],
    [
      'residual',
      init(residual(conv2d(8, 3, { padding: 1 }))),
      /residual.*\[batch, 8, 8, 8\].*\[batch, 3, 8, 8\].*shortcut: conv2d\(8, 1, \{ strides \}\)/,
    ],
    [
      'parallel',
      init(parallel(conv2d(2, 1), conv2d(2, 3))),
      /parallel.*\[batch, 2, 8, 8\].*\[batch, 2, 6, 6\].*axis 1/,
    ],
    ['global pool of features', init(sequential(flatten(), globalAveragePool())), /no space to pool/],
    ['mean of the wrong length', init(imagePreprocessing({ mean: [0.5] })), /mean has 1 values.*3 channels/],
    [
      'same padding on an open size',
      init(conv2d(2, 3, { strides: 2, padding: 'same' }), { shape: ['batch', 3, 'height', 8] }),
      /'same' with strides.*'height' is open/,
    ],
    [
      'an open size inside',
      init(sequential(flatten(), dense(2)), { shape: ['batch', 3, 'height'] }),
      /dense \(layer 1\).*number of features/,
    ],
    ['reshape', init(reshapeTo([5, 5])), /reshapeTo.*batch\*192.*batch\*25/],
  ];
  for (const [name, act, message] of cases) it(name, () => assert.throws(act, message));

  it('parameters made for another input', () => {
    const weights = { weight: input('weight', 'float32', [128, 10]), bias: input('bias', 'float32', [10]) };
    assert.throws(
      () => dense(10).apply(weights, input('x', 'float32', [1, 64])),
      /dense, given float32\[1, 64\]: 'weight' is \[128, 10\], but this input asks for \[64, 10\]/,
    );
    assert.throws(
      () => dense(10).apply({}, input('x', 'float32', [1, 64])),
      /no 'weight' among the parameters.*init\(\)/,
    );
  });
});

describe('options that cannot be', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['units', () => dense(0), /dense: units must be a whole number of at least 1, but it is 0/],
    ['filters', () => conv2d(1.5, 3), /conv2d: filters .* 1\.5/],
    [
      'kernelSize',
      () => conv2d(4, [3, 3, 3]),
      /conv2d: kernelSize must be one number or 2, but it is \[3, 3, 3\]/,
    ],
    [
      'padding',
      () =>
        conv1d(4, 3, {
          padding: [
            [1, 1],
            [1, 1],
          ],
        }),
      /conv1d: padding must be .*\[before, after\]/,
    ],
    ['negative padding', () => conv2d(4, 3, { padding: -1 }), /padding must be a whole number of at least 0/],
    [
      'outputPadding',
      () => convTranspose2d(4, 3, { outputPadding: 1 }),
      /outputPadding 1 must be below the stride, 1/,
    ],
    ['activation', () => activation('rely' as 'relu'), /no activation 'rely'. Known: linear, relu/],
    ['momentum', () => batchNorm({ momentum: 2 }), /batchNorm: momentum/],
    [
      'initializer',
      init(dense(2, { initializer: 'he' as 'heNormal' }), { shape: [1, 2] }),
      /no initializer 'he'. Known: zeros/,
    ],
    ['std', () => imagePreprocessing({ std: 0 }), /std must be above 0/],
    ['no layers', () => residual(), /residual: there are no layers/],
  ];
  for (const [name, act, message] of cases) it(name, () => assert.throws(act, message));

  it('a composition says that it cannot be written', () => {
    const layer = compose({ a: dense(2) }, ({ a }, x) => a(x!));
    assert.throws(() => layerToJson(sequential(layer)), /made of a function.*defineLayer/);
  });
});
