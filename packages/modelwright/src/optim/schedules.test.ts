import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear } from '../testing/compare.js';
import { readFixture } from '../testing/fixture.js';
import {
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseSqrtDecay,
  linearDecay,
  oneCycle,
  polynomialDecay,
  ReduceOnPlateau,
  type ReduceOnPlateauOptions,
  scheduleFromJson,
  scheduleToJson,
  stepDecay,
} from './index.js';

interface Fixture {
  readonly learningRate: number;
  readonly cases: readonly { type: string; config: Record<string, number>; rates: number[] }[];
  readonly metrics: readonly (number | null)[];
  readonly plateaus: readonly { options: ReduceOnPlateauOptions; scales: number[] }[];
}

const fixture = readFixture<Fixture>(import.meta.url, 'fixtures/schedules.json');

describe('schedules', () => {
  for (const { type, config, rates } of fixture.cases) {
    it(`${type} ${JSON.stringify(config)} as in PyTorch`, () => {
      const schedule = scheduleFromJson({ type, config: { learningRate: fixture.learningRate, ...config } });
      const found = rates.map((_, step) => schedule(step));
      for (const [step, rate] of rates.entries()) {
        assert.ok(Math.abs(found[step]! - rate) <= 1e-9, `step ${step}: ${found[step]}, expected ${rate}`);
      }
      assert.deepEqual(scheduleToJson(schedule), {
        type,
        config: { learningRate: fixture.learningRate, ...config },
      });
    });
  }

  it('made by their functions are the same', () => {
    const steps = Array.from({ length: 12 }, (_, step) => step);
    const made = [
      constantRate(0.4),
      stepDecay(0.4, { every: 3, factor: 0.5 }),
      exponentialDecay(0.4, { factor: 0.5, every: 4 }),
      cosineDecay(0.4, { steps: 10, warmup: 3, minimum: 0.02 }),
      polynomialDecay(0.4, { steps: 8, power: 2 }),
      linearDecay(0.4, { steps: 8, warmup: 3 }),
      oneCycle(0.4, { steps: 20 }),
    ];
    for (const schedule of made) {
      const sample = fixture.cases.find(({ type, config }) => {
        const { learningRate, ...own } = schedule.config;
        return (
          type === schedule.type &&
          JSON.stringify(config) === JSON.stringify({ ...config, ...own }) &&
          Object.keys(own).length === Object.keys(config).length
        );
      });
      assert.ok(sample, `${schedule.type} ${JSON.stringify(schedule.config)} is among the cases`);
      const shared = steps.slice(0, sample.rates.length);
      assertNear(shared.map(schedule), sample.rates.slice(0, shared.length), 1e-9, schedule.type);
    }
  });

  it('inverseSqrtDecay is the rate of Vaswani et al. (2017), equation 3, up to its height', () => {
    const [width, warmup] = [512, 4000];
    const schedule = inverseSqrtDecay(1 / Math.sqrt(width * warmup), { warmup });
    for (const step of [1, 2, 3999, 4000, 4001, 100_000]) {
      const expected = width ** -0.5 * Math.min(step ** -0.5, step * warmup ** -1.5);
      assert.ok(Math.abs(schedule(step - 1) / expected - 1) < 1e-12, `step ${step}`);
    }
    assert.deepEqual(scheduleToJson(scheduleFromJson(scheduleToJson(schedule))), scheduleToJson(schedule));
  });

  it('stay at the end where they end', () => {
    assert.equal(cosineDecay(1, { steps: 10, minimum: 0.1 })(25), 0.1);
    assert.equal(linearDecay(1, { steps: 10 })(25), 0);
    const cycle = oneCycle(1, { steps: 10 });
    assert.equal(cycle(25), cycle(9));
  });

  it('refuse what cannot be', () => {
    assert.throws(() => cosineDecay(1, { steps: 5, warmup: 5 }), /leaves none of 5/);
    assert.throws(() => stepDecay(-1, { every: 2 }), /learningRate is -1/);
    assert.throws(() => inverseSqrtDecay(1, { warmup: 0 }), /warmup is 0; expected at least 1/);
    assert.throws(() => oneCycle(1, { steps: 10, warmupFraction: 1 }), /warmupFraction is 1/);
    assert.throws(() => scheduleFromJson({ type: 'toString', config: {} }), /no schedule called/);
  });
});

describe('ReduceOnPlateau', () => {
  for (const { options, scales } of fixture.plateaus) {
    it(`${JSON.stringify(options)} as in PyTorch, stopped and resumed at every value`, () => {
      let plateau = new ReduceOnPlateau(options);
      for (const [i, metric] of fixture.metrics.entries()) {
        const scale = plateau.update(metric ?? Number.NaN);
        assert.ok(Math.abs(scale - scales[i]!) <= 1e-12, `after value ${i}: ${scale}, expected ${scales[i]}`);
        const resumed = new ReduceOnPlateau(options);
        resumed.state = JSON.parse(JSON.stringify(plateau.state));
        plateau = resumed;
      }
      assert.ok(scales.at(-1)! < 1);
    });
  }

  it('refuses a factor that reduces nothing', () => {
    assert.throws(() => new ReduceOnPlateau({ factor: 1 }), /factor is 1/);
  });
});
