// One weight that starts at 0 on the target 1: after t steps of rate 0.05 it is 1 - 0.9^t. Validated on the target 0.5, it is
// best after seven steps (0.522, against 0.469 and 0.570).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Callback, type FitOptions, fit, meanSquaredError, ReduceOnPlateau, sgd } from '../index.js';
import { assertNear } from '../testing/compare.js';
import { BestEpoch } from './monitor.js';
import { denseVariables, ones, oneWeight, temporaryFolder, valuesOf } from './testing.js';

const run = (options: Partial<FitOptions>) =>
  fit(oneWeight(), ones(1, 1), {
    loss: meanSquaredError,
    optimizer: sgd(0.05),
    variables: denseVariables(0)!,
    validation: ones(1, 0.5),
    epochs: 12,
    progress: false,
    ...options,
  });

const weightAfter = (steps: number): number => 1 - 0.9 ** steps;

describe('a training that watches itself', () => {
  it('stops early, and gives back the best parameters or the last', async () => {
    const best = await run({ earlyStopping: { patience: 2 } });
    assert.equal(best.history.epochs.length, 9);
    assertNear(valuesOf(best), [weightAfter(7)], 1e-6, 'best');
    const last = await run({ earlyStopping: { patience: 2, restoreBest: false } });
    assertNear(valuesOf(last), [weightAfter(9)], 1e-6, 'last');
    assertNear(
      best.history.epochs.map(({ validation }) => validation!.loss!),
      Array.from({ length: 9 }, (_, i) => (weightAfter(i + 1) - 0.5) ** 2),
      1e-6,
      'validation',
    );
  });

  it('keeps the best epoch without stopping, and on the disk', async (test) => {
    const directory = await temporaryFolder(test);
    const kept = await run({ keepBest: {}, checkpoint: { directory } });
    assert.equal(kept.history.epochs.length, 12);
    assertNear(valuesOf(kept), [weightAfter(7)], 1e-6, 'kept');
    const resumed = await run({ keepBest: {}, checkpoint: { directory, resume: true } });
    assert.deepEqual(valuesOf(resumed), valuesOf(kept));
  });

  it('does not take what is not a number for the best', () => {
    const best = new BestEpoch({ metric: 'auc', patience: 2 }, true);
    const improves = [Number.NaN, 0.6, Number.NaN, 0.5].map((auc, i) =>
      best.improves({ epoch: i + 1, step: i, seconds: 0, learningRate: 0, train: { auc } }),
    );
    assert.deepEqual(improves, [true, true, false, false]);
    assert.equal(best.state!.epoch, 2);
    assert.ok(best.exhausted);
  });

  it('says which metrics there are when there is none of that name', async () => {
    await assert.rejects(
      run({ keepBest: { metric: 'accuracy' } }),
      /There is no metric 'accuracy' to watch; there is loss/,
    );
  });

  it('lowers the learning rate on a plateau, and leaves the watcher it was given as it was', async () => {
    const reduceOnPlateau = new ReduceOnPlateau({ patience: 0, factor: 0.5 });
    const first = await run({ reduceOnPlateau, epochs: 10 });
    // The eighth epoch is the first that is worse than the one before it.
    const expected = [...new Array<number>(8).fill(0.05), 0.025, 0.0125];
    assertNear(
      first.history.epochs.map(({ learningRate }) => learningRate),
      expected,
      1e-9,
      'rates',
    );
    const again = await run({ reduceOnPlateau, epochs: 10 });
    assert.deepEqual(valuesOf(again), valuesOf(first));
  });
});

describe('callbacks', () => {
  it('are called in order, one at a time, and may stop the training', async () => {
    const seen: string[] = [];
    const slow = async (what: string, ms: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.push(what);
    };
    const first: Callback = {
      onTrainBegin: () => slow('begin', 5),
      onStepEnd: ({ step, epoch, stepInEpoch }) =>
        slow(`step ${step} (${stepInEpoch} of epoch ${epoch})`, step % 2 === 1 ? 40 : 0),
      async onEpochEnd({ epoch }, control) {
        await slow(`epoch ${epoch}`, 5);
        if (epoch === 2) control.stop();
      },
      onTrainEnd: (control) => slow(`end after ${control.history.epochs.length}`, 5),
    };
    const second: Callback = { onEpochEnd: ({ epoch }) => void seen.push(`second ${epoch}`) };
    await fit(oneWeight(), ones(2, 1), {
      loss: meanSquaredError,
      optimizer: sgd(0.05),
      batchSize: 1,
      epochs: 5,
      progress: false,
      callbacks: [first, second],
    });
    assert.deepEqual(seen, [
      'begin',
      'step 1 (1 of epoch 1)',
      'step 2 (2 of epoch 1)',
      'epoch 1',
      'second 1',
      'step 3 (1 of epoch 2)',
      'step 4 (2 of epoch 2)',
      'epoch 2',
      'second 2',
      'end after 2',
    ]);
  });

  it('see the variables and may scale the learning rate', async () => {
    const weights: number[] = [];
    const { history } = await run({
      epochs: 3,
      callbacks: [
        {
          async onEpochEnd({ epoch }, control) {
            weights.push(...valuesOf({ variables: await control.variables() }));
            if (epoch === 2) control.scaleLearningRate(0.1);
          },
        },
      ],
    });
    assertNear(weights.slice(0, 2), [weightAfter(1), weightAfter(2)], 1e-6, 'weights');
    assertNear([history.epochs[2]!.learningRate], [0.005], 1e-9, 'rate');
  });

  it('end the training with their own error', async () => {
    const callbacks = [{ onStepEnd: () => Promise.reject(new Error('no room on the disk')) }];
    await assert.rejects(run({ callbacks }), /no room on the disk/);
  });
});

describe('fastDevRun', () => {
  it('takes two steps of one epoch and validates, whatever else is asked for', async () => {
    const { history, training } = await fit(oneWeight(), ones(50, 1), {
      loss: meanSquaredError,
      optimizer: sgd(0.05),
      batchSize: 5,
      epochs: 30,
      validation: 0.2,
      fastDevRun: true,
      progress: false,
    });
    assert.equal(training.steps, 2);
    assert.equal(history.epochs.length, 1);
    assert.ok(history.epochs[0]!.validation);
  });
});
