import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserMissing, runInBrowser } from '../testing/browser.js';
import type { BrowserTraining } from './browserPage.js';

describe('fit in a browser', { skip: browserMissing ?? false }, () => {
  it('learns, and goes on after a break exactly as if there had been none', {
    timeout: 120_000,
  }, async () => {
    const { accuracy, difference, stepsAfterBreak } = await runInBrowser<BrowserTraining>(
      new URL('./browserPage.js', import.meta.url),
      {},
    );
    assert.ok(accuracy > 0.5, `accuracy ${accuracy} on ten classes`);
    // Of 80 steps in all it was broken off after some 31.
    assert.ok(stepsAfterBreak > 40 && stepsAfterBreak < 60, `${stepsAfterBreak} steps`);
    assert.equal(difference, 0);
  });

  it('gives on WebGPU the numbers of the CPU', { timeout: 120_000 }, async (test) => {
    const difference = await runInBrowser<number | undefined>(
      new URL('./browserWebgpuPage.js', import.meta.url),
      {},
      { webgpu: true, timeout: 110_000 },
    );
    if (difference === undefined) return test.skip('this Chromium has no WebGPU adapter');
    assert.ok(difference < 1e-4, `${difference}`);
  });
});
