import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digits } from '../data/digits.js';
import type { NdArray } from '../graph/array.js';
import { accuracy, adam, crossEntropy, digitsCnn, fit } from '../index.js';
import { runOnnx } from '../runtime/testing.js';
import { browserMissing, runInBrowser } from '../testing/browser.js';
import { assertNear } from '../testing/compare.js';
import type { SavedRun } from './savedBrowserPage.js';

describe('a saved model in a browser', { skip: browserMissing ?? false }, () => {
  it('gives in onnxruntime-web what it gives in onnxruntime-node, for 1 picture and for 7, of its size and of another', {
    timeout: 120_000,
  }, async () => {
    const { train, test } = digits({ train: 320, test: 20, seed: 3 });
    const trained = await fit(digitsCnn({ classes: 10 }), train, {
      loss: crossEntropy,
      optimizer: adam(1e-3),
      metrics: [accuracy],
      progress: false,
    });
    const { onnx } = trained.export();
    const larger = digits({ train: 1, test: 3, size: 40 }).test;
    const inputs: NdArray[] = [];
    for (const batch of [test.batch(1), test.batch(7), larger.batch(3)])
      inputs.push((await batch.at(0)).input!);
    const argument: SavedRun = {
      model: Buffer.from(onnx).toString('base64'),
      inputs: inputs.map((array) => ({ shape: array.shape, data: array.toNumbers() })),
    };
    const found = await runInBrowser<number[][]>(new URL('./savedBrowserPage.js', import.meta.url), argument);
    for (const [position, input] of inputs.entries()) {
      const { probabilities } = await runOnnx(onnx, { image: input });
      assert.equal(found[position]!.length, input.shape[0]! * 10);
      assertNear(found[position]!, probabilities!.data, 1e-4, `pictures ${input.shape}`);
    }
  });
});
