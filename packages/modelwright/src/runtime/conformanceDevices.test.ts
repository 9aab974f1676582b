import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { browserMissing, runInBrowser } from '../testing/browser.js';
import { runOnWebgpu } from '../testing/webgpu.js';
import {
  type ConformanceOptions,
  type ConformanceResult,
  conformanceCases,
  formatConformance,
} from './conformance.js';
import type { BrowserConformance } from './conformanceBrowser.js';

const cases = conformanceCases();

const slow = 'software adapters take long to compile kernels';

function skipsOf(names: RegExp, reason: string): Record<string, string> {
  return Object.fromEntries(cases.filter(({ name }) => names.test(name)).map(({ name }) => [name, reason]));
}

// The shading language allows sines and cosines an absolute error of 2^-11; a normal number is up to 5.9 times a cosine.
const coarse = 2 ** -11;
const onWebgpu: ConformanceOptions = {
  skips: skipsOf(
    /^\w+ [1-9]\d* gradient/,
    `the first sample of each primitive stands for its gradient: ${slow}`,
  ),
  tolerances: { sin: coarse, cos: coarse, 'normal random numbers': 5.9 * coarse },
};
const onWebgpuInBrowser: ConformanceOptions = {
  ...onWebgpu,
  skips: {
    ...onWebgpu.skips,
    'cast 0': 'onnxruntime-web opens no session with a cast to float64 on WebGPU',
    ...skipsOf(/^\w+ ([1-9]|0 gradient)/, `run on WebGPU from Node: ${slow}`),
  },
};

function check(test: TestContext, result: ConformanceResult): void {
  test.diagnostic(formatConformance(result));
  assert.equal(result.failed.length, 0, formatConformance(result));
  assert.ok(result.passed > 50);
}

const here = (name: string): URL => new URL(`./${name}.js`, import.meta.url);
const inBrowser = { skip: browserMissing ?? false, timeout: 300_000 };

describe('conformance on other devices', () => {
  it('ONNX Runtime, WebGPU, from Node', { timeout: 300_000 }, async (test) => {
    const shares = await Promise.all(
      [0, 1].map((share) =>
        runOnWebgpu<ConformanceResult>(here('conformanceWebgpu'), { ...onWebgpu, share, of: 2 }),
      ),
    );
    for (const answer of shares) {
      if ('missing' in answer) return test.skip(answer.missing);
      check(test, answer.result);
    }
  });

  it('ONNX Runtime web, WebAssembly, in Chromium', inBrowser, async (test) => {
    const { isolated, result } = await runInBrowser<BrowserConformance>(here('conformanceBrowser'), {
      device: 'wasm',
    });
    assert.ok(isolated, 'the page is not cross-origin isolated, so that WebAssembly had one thread');
    check(test, result!);
  });

  it('ONNX Runtime web, WebGPU, in Chromium', inBrowser, async (test) => {
    const { result } = await runInBrowser<BrowserConformance>(
      here('conformanceBrowser'),
      { device: 'webgpu', ...onWebgpuInBrowser },
      { webgpu: true, timeout: 280_000 },
    );
    if (result) check(test, result);
    else test.skip('this Chromium has no WebGPU adapter');
  });
});
