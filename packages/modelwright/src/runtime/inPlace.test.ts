import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { neg } from '../primitives/index.js';
import { ortCpu } from './ortNode.js';

describe('results written into given arrays', () => {
  it('are not copied besides', async () => {
    const x = input('x', 'float32', [1024, 1024]);
    const executable = await ortCpu.compile(new Graph([x], [neg(x)]));
    const [given, result] = [new NdArray('float32', [1024, 1024]), new NdArray('float32', [1024, 1024])];
    given.data.fill(2);
    const before = process.memoryUsage().arrayBuffers;
    for (let run = 0; run < 4; run++) await executable.run([given], [result]);
    const added = process.memoryUsage().arrayBuffers - before;
    assert.ok(added < result.data.byteLength, `${added} bytes of arrays were made`);
    assert.ok(result.data.every((value) => value === -2));
    await executable.release();
  });

  it('fail with the error of the graph, where it fails', async () => {
    const x = input('x', 'float32', [2]);
    const executable = await ortCpu.compile(new Graph([x], [neg(x)]));
    const wrong = NdArray.from([0, 0, 0]);
    await assert.rejects(executable.run([NdArray.from([1, 2])], [wrong]), /dimensions/);
    await executable.release();
  });
});
