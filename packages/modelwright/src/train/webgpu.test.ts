import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear } from '../testing/compare.js';
import { runOnWebgpu } from '../testing/webgpu.js';
import { expected } from './alternatesTesting.js';
import { longTraining, measuredBy, temporaryFolder, valuesOf } from './testing.js';
import { compared, type WebgpuTraining } from './webgpuMain.js';

describe('fit on WebGPU', () => {
  it('has no operator in its steps that runs on the CPU', { timeout: 120_000 }, async (test) => {
    const answer = await runOnWebgpu<string[]>(new URL('./webgpuStepsMain.js', import.meta.url), {});
    if ('missing' in answer) return test.skip(answer.missing);
    assert.deepEqual(answer.result, []);
  });

  it('gives the numbers of the CPU, and goes on after a break as if there had been none', {
    timeout: 300_000,
  }, async (test) => {
    const directory = await temporaryFolder(test);
    const entry = new URL('./webgpuMain.js', import.meta.url);
    const answer = await runOnWebgpu<WebgpuTraining>(entry, { directory });
    if ('missing' in answer) return test.skip(answer.missing);
    const { values, measured, whole, resumed, alternated } = answer.result;
    assert.deepEqual(resumed, whole);
    assertNear(alternated, expected(12, 1), 1e-6, 'parts that take turns');
    const onCpu = await longTraining({ workers: 1, ...compared });
    const wanted = valuesOf(onCpu);
    const worst = Math.max(...wanted.map((value, i) => Math.abs(values[i]! - value)));
    test.diagnostic(`largest difference of ${wanted.length} values: ${worst}`);
    assert.ok(worst < 1e-5, `${worst}`);
    assert.deepEqual(
      measured.map((record) => Object.keys(record)),
      measuredBy(onCpu).map((record) => Object.keys(record)),
    );
  });
});
