import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from './random.js';

const count = 20_000;

/** Asserts that the mean and variance of `count` draws lie within five standard errors of the distribution's. */
function assertMoments(draw: () => number, mean: number, variance: number): void {
  const draws = Array.from({ length: count }, draw);
  const found = draws.reduce((sum, x) => sum + x, 0) / count;
  const spread = draws.reduce((sum, x) => sum + (x - found) ** 2, 0) / count;
  assert.ok(Math.abs(found - mean) < 5 * Math.sqrt(variance / count), `mean ${found}, expected ${mean}`);
  assert.ok(Math.abs(spread - variance) < 0.1 * variance, `variance ${spread}, expected ${variance}`);
}

describe('Random', () => {
  it('has the mean and variance of each distribution', () => {
    const random = new Random(1);
    assertMoments(() => random.uniform(2, 6), 4, 16 / 12);
    assertMoments(() => random.normal(3, 2), 3, 4);
    assertMoments(() => random.gamma(2.5), 2.5, 2.5);
    assertMoments(() => random.gamma(0.4), 0.4, 0.4);
    assertMoments(() => random.beta(0.4, 0.4), 0.5, 0.25 / 1.8);
    assertMoments(() => random.integer(0, 10), 4.5, 99 / 12);
    assertMoments(() => Number(random.chance(0.3)), 0.3, 0.21);
  });

  it('gives one stream a key, and unrelated streams to neighbouring keys', () => {
    const first = (...key: number[]): number => new Random(...key).uniform();
    assert.equal(first(1, 2, 3), first(1, 2, 3));
    const keys = [[], [0], [0, 0], [1], [1, 0], [0, 1], [2 ** 32], [2 ** 32 + 1], [-1]];
    assert.equal(new Set(keys.map((key) => first(...key))).size, keys.length);
    let index = 0;
    assertMoments(() => first(7, 0, index++), 0.5, 1 / 12);
  });

  it('permutes without bias', () => {
    const random = new Random(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    for (const found of counts.values()) assert.ok(Math.abs(found - 1000) < 5 * Math.sqrt(1000), `${found}`);
  });
});
