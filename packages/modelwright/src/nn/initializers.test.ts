import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../graph/random.js';
import { type InitializerConfig, initializer } from './initializers.js';

const draw = (config: InitializerConfig, shape: readonly number[], seed = 1): number[] =>
  initializer(config)(shape, new Random(seed)).toNumbers();

function moments(values: readonly number[]): { mean: number; variance: number; largest: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: Math.max(...values.map(Math.abs)) };
}

describe('initializers', () => {
  // A convolution of 100 input channels, 25 filters and 2 x 2 taps: fanIn 400, fanOut 100, 10,000 weights.
  const shape = [25, 100, 2, 2];
  // The variance of a normal with standard deviation s, cut at two of them: s² (1 - 4 φ(2) / (2 Φ(2) - 1)).
  const cut = 1 - (4 * 0.05399096651) / 0.9544997361;
  const expected: [InitializerConfig, number, number][] = [
    ['uniform', 0.1 ** 2 / 12, 0.05],
    [{ name: 'uniform', low: -1, high: 1 }, 1 / 3, 1],
    ['normal', 0.05 ** 2, Number.POSITIVE_INFINITY],
    [{ name: 'truncatedNormal', standardDeviation: 2 }, 4 * cut, 4],
    ['glorotUniform', 2 / 500, Math.sqrt(6 / 500)],
    ['glorotNormal', 2 / 500, Number.POSITIVE_INFINITY],
    ['heUniform', 2 / 400, Math.sqrt(6 / 400)],
    ['heNormal', 2 / 400, Number.POSITIVE_INFINITY],
    ['lecunUniform', 1 / 400, Math.sqrt(3 / 400)],
    ['lecunNormal', 1 / 400, Number.POSITIVE_INFINITY],
  ];
  for (const [config, variance, bound] of expected) {
    it(`${JSON.stringify(config)} has mean 0 and a variance of ${variance}`, () => {
      const found = moments(draw(config, shape));
      // Over 10,000 draws the mean errs by sqrt(variance) / 100, and the variance by sqrt(2 / 10,000) of itself at most.
      assert.ok(Math.abs(found.mean) < 4 * Math.sqrt(variance) * 0.01, `mean ${found.mean}`);
      assert.ok(
        Math.abs(found.variance / variance - 1) < 4 * Math.SQRT2 * 0.01,
        `variance ${found.variance}`,
      );
      assert.ok(found.largest <= Math.fround(bound), `largest ${found.largest}`);
    });
  }

  it('counts a dense weight [in, out] the other way round', () => {
    const { variance } = moments(draw('lecunNormal', [400, 25]));
    assert.ok(Math.abs(variance * 400 - 1) < 0.06);
  });

  for (const [rows, columns] of [
    [3, 8],
    [8, 3],
    [5, 5],
  ] as const) {
    it(`orthogonal: ${rows} x ${columns}`, () => {
      const w = draw({ name: 'orthogonal', gain: 2 }, [rows, columns]);
      const at = (i: number, j: number): number => w[i * columns + j]!;
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          let product = 0;
          for (let k = 0; k < length; k++)
            product += rows <= columns ? at(a, k) * at(b, k) : at(k, a) * at(k, b);
          assert.ok(Math.abs(product - (a === b ? 4 : 0)) < 1e-6, `${a}, ${b}: ${product}`);
        }
      }
    });
  }

  it('constants, identity, equal seeds', () => {
    assert.deepEqual(draw('zeros', [2]), [0, 0]);
    assert.deepEqual(draw('ones', [2]), [1, 1]);
    assert.deepEqual(draw({ name: 'constant', value: 0.5 }, [1, 2]), [0.5, 0.5]);
    assert.deepEqual(draw('identity', [2, 3]), [1, 0, 0, 0, 1, 0]);
    assert.throws(() => draw('identity', [2]), /fills matrices/);
    assert.deepEqual(draw('normal', [4], 7), draw('normal', [4], 7));
    assert.notDeepEqual(draw('normal', [4], 7), draw('normal', [4], 8));
  });
});
