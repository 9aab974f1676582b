import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ProgressMeter } from './progress.js';

const start = {
  kind: 'start' as const,
  ...{ model: 'mlp', parameters: 1, classes: [], examples: { train: 8, validation: 0 } },
  ...{ epochs: 4, stepsPerEpoch: 10, batchSize: 1 },
};
const step = (epoch: number, number: number, loss = 1) =>
  ({ kind: 'step', epoch, step: number, metrics: { loss } }) as const;

it('says how far a training is, and when it will be over', () => {
  let now = 0;
  const meter = new ProgressMeter(() => now);
  meter.onEvent(start);
  meter.onEvent(step(1, 1));
  assert.deepEqual(
    { ...meter.progress },
    {
      ...{ share: 1 / 40, epoch: 1, epochs: 4, step: 1, stepsPerEpoch: 10, metrics: { loss: 1 } },
    },
  );
  now = 9000; // nine steps in nine seconds: thirty are left
  meter.onEvent(step(1, 10, Number.NaN));
  assert.equal(meter.progress!.share, 0.25);
  assert.ok(Math.abs(meter.progress!.secondsLeft! - 30) < 1e-9);
  assert.deepEqual(meter.progress!.metrics, {}, 'what is no number is left out');
});

it('counts the time of this attempt alone, which began in the middle', () => {
  let now = 0;
  const meter = new ProgressMeter(() => now);
  meter.onEvent(start);
  meter.onEvent(step(3, 5));
  now = 5000;
  meter.onEvent(step(3, 10));
  assert.ok(Math.abs(meter.progress!.secondsLeft! - 10) < 1e-9, 'five steps in five seconds, ten are left');
  const record = {
    epoch: 4,
    step: 40,
    seconds: 1,
    learningRate: 0.1,
    train: { loss: 2 },
    validation: { loss: 3 },
  };
  meter.onEvent({ kind: 'epoch', record });
  assert.equal(meter.progress!.share, 1);
  assert.deepEqual(meter.progress!.metrics, { loss: 2, 'validation/loss': 3 });
});
