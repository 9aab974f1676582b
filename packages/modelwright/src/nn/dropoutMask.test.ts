import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sizeOf } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { randomKey } from '../primitives/index.js';
import { ortCpu } from '../runtime/ortNode.js';
import { dropoutMask } from './dropoutMask.js';

async function maskOf(rate: number, shape: readonly number[], seed = 1): Promise<number[]> {
  const key = input('key', 'int32', [2]);
  const executable = await ortCpu.compile(new Graph([key], [dropoutMask({ rate, key }, shape, 'float32')]));
  try {
    return (await executable.run([randomKey(seed)]))[0]!.toNumbers();
  } finally {
    await executable.release();
  }
}

/** Share of those places where a value and the one `distance` places behind it are both 0. */
function bothDropped(mask: readonly number[], distance: number): number {
  const pairs = mask.slice(distance).map((value, i) => value === 0 && mask[i] === 0);
  return pairs.filter(Boolean).length / pairs.length;
}

/** How far a share of `count` draws may lie from its probability: five standard deviations. */
const tolerance = (probability: number, count: number): number =>
  5 * Math.sqrt((probability * (1 - probability)) / count);

describe('dropoutMask', () => {
  for (const [rate, shape] of [
    [0.1, [64, 12, 256]],
    [0.5, [37, 41]],
    [0.9, [4, 4, 30, 30]],
    [0.3, [4099]],
  ] as const) {
    it(`drops ${rate} of [${shape.join(', ')}] and enlarges the rest`, async () => {
      const mask = await maskOf(rate, shape);
      assert.equal(mask.length, sizeOf(shape));
      const kept = Math.fround(1 / (1 - rate));
      assert.ok(mask.every((value) => value === 0 || value === kept));
      const dropped = mask.filter((value) => value === 0).length / mask.length;
      assert.ok(Math.abs(dropped - rate) < tolerance(rate, mask.length), `dropped ${dropped}`);
    });
  }

  it('drops each value whatever becomes of the others', async () => {
    const mask = await maskOf(0.3, [64, 64, 32]);
    // Neighbours along the axes of the tables (1, 64, 64 * 64 places apart), and others.
    for (const distance of [1, 2, 63, 64, 65, 128, 4096, 4097, 5000]) {
      const both = bothDropped(mask, distance);
      assert.ok(
        Math.abs(both - 0.09) < tolerance(0.09, mask.length - distance),
        `${distance} apart both are dropped in ${both}`,
      );
    }
  });

  it('is a function of key and salt', async () => {
    assert.deepEqual(await maskOf(0.5, [8, 9]), await maskOf(0.5, [8, 9]));
    assert.notDeepEqual(await maskOf(0.5, [8, 9]), await maskOf(0.5, [8, 9], 2));
  });
});
