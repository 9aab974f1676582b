import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conformanceCases, formatConformance, runConformance } from './conformance.js';
import { ortCpu } from './ortNode.js';
import { referenceRuntime } from './referenceRuntime.js';
import type { Runtime } from './runtime.js';
import { threadRuntime } from './thread.js';

const cases = conformanceCases();

describe('conformance', () => {
  for (const runtime of [referenceRuntime, ortCpu, threadRuntime()]) {
    it(runtime.name, async (test) => {
      const result = await runConformance(runtime, cases);
      test.diagnostic(formatConformance(result));
      assert.equal(result.failed.length, 0, formatConformance(result));
    });
  }

  it('fails a runtime that is wrong by little, and one that ignores the arrays it is given', async () => {
    const some = cases.filter(({ name }) => name.startsWith('softmax ') && !name.endsWith('gradient'));
    const off: Runtime = {
      name: 'off by a thousandth',
      async compile(graph) {
        const executable = await referenceRuntime.compile(graph);
        return {
          ...executable,
          run: async (inputs) => {
            const results = await executable.run(inputs);
            for (const { data } of results) for (const i of data.keys()) (data as Float32Array)[i]! += 1e-3;
            return results;
          },
        };
      },
    };
    const forgetful: Runtime = {
      name: 'forgetful',
      async compile(graph) {
        const executable = await referenceRuntime.compile(graph);
        return { ...executable, run: (inputs) => executable.run(inputs) };
      },
    };
    for (const runtime of [off, forgetful]) {
      const { passed, failed } = await runConformance(runtime, some);
      assert.ok(some.length > 0);
      assert.deepEqual([passed, failed.length], [0, some.length], runtime.name);
    }
  });
});
