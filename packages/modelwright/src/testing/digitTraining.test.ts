import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ortCpu } from '../runtime/ortNode.js';
import { browserMissing, runInBrowser } from './browser.js';
import { digitLosses } from './digitTraining.js';
import { runOnWebgpu } from './webgpu.js';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe('training the digit network', () => {
  it('gives on WebGPU the losses of the CPU', { timeout: 300_000 }, async (test) => {
    // The second loss hangs on every parameter that the first step updated.
    const work = { steps: 2, batch: 8 };
    const answer = await runOnWebgpu<number[]>(new URL('./digitWebgpu.js', import.meta.url), work);
    if ('missing' in answer) return test.skip(answer.missing);
    const expected = await digitLosses(ortCpu, work.steps, work.batch);
    test.diagnostic(`WebGPU ${answer.result}, CPU ${expected}`);
    for (const [step, loss] of expected.entries())
      assert.ok(Math.abs(answer.result[step]! - loss) < 1e-4, `step ${step}`);
  });

  it('learns in Chromium, and gives there the losses of the CPU', {
    skip: browserMissing ?? false,
    timeout: 120_000,
  }, async (test) => {
    const work = { steps: 30, batch: 16 };
    const losses = await runInBrowser<number[]>(new URL('./digitBrowser.js', import.meta.url), work);
    test.diagnostic(losses.map((loss) => loss.toFixed(2)).join(' '));
    const [first, last] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
    assert.ok(last < 0.7 * first, `the loss went from ${first} to ${last}`);
    const expected = await digitLosses(ortCpu, 2, work.batch);
    // Other data sets are drawn for other lengths, but a batch is its own: the first two agree.
    for (const [step, loss] of expected.entries())
      assert.ok(Math.abs(losses[step]! - loss) < 1e-3, `step ${step}`);
  });
});
