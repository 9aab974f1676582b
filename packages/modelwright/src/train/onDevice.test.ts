// What a training does on a device with memory of its own, on one that is pretended: quick, where webgpu.test.ts is slow.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import {
  activation,
  crossEntropy,
  type FitOptions,
  fit,
  flatten,
  initializers,
  Layer,
  mean,
  sequential,
  sgd,
  type TrainedModel,
} from '../index.js';
import { PretendedDevice } from '../runtime/testing.js';
import { assertNear } from '../testing/compare.js';
import { expected, play } from './alternatesTesting.js';
import { DeviceRunner } from './engine/deviceRunner.js';
import { inlineEngine } from './engine/engine.js';
import { setTrainingPlatform, trainingPlatform } from './platform.js';
import {
  bars,
  longTraining,
  measuredBy,
  plainNetwork,
  stoppedTraining,
  temporaryFolder,
  valuesOf,
} from './testing.js';

const device = new PretendedDevice();
const platform = trainingPlatform();
const onDevice = { device: 'webgpu', workers: 1 } as const;

before(() =>
  setTrainingPlatform({
    ...platform,
    openEngine: async (setup) =>
      setup.device === 'webgpu'
        ? inlineEngine(await DeviceRunner.open(device, setup))
        : platform.openEngine(setup),
  }),
);
after(() => setTrainingPlatform(platform));

const measured = (trained: TrainedModel): number[] =>
  measuredBy(trained).flatMap((record) => Object.values(record).filter((value) => typeof value === 'number'));

/** The same training on both devices: the same numbers, and nothing left on the device. */
async function alike(training: (options: Partial<FitOptions>) => Promise<TrainedModel>): Promise<void> {
  const [there, here] = [await training(onDevice), await training({ workers: 1 })];
  assertNear(valuesOf(there), valuesOf(here), 1e-5, 'values');
  assertNear(measured(there), measured(here), 1e-4, 'losses and metrics');
  assert.equal(device.taken.size, 0);
}

const train = (model: Layer, options: Partial<FitOptions>): Promise<TrainedModel> =>
  fit(model, bars(24), {
    ...{ loss: crossEntropy, optimizer: sgd(0.1, { momentum: 0.9 }), batchSize: 4, epochs: 2, seed: 3 },
    ...{ progress: false, ...options },
  });

/** Gives its input, and keeps a mean of what it has seen. */
const runningMean = new Layer<unknown>('runningMean', {}, (context, _config, input) => {
  const sofar = context.stateValue('mean', [1], initializers.constant({ value: 1 }));
  context.updateState('mean', sofar.mul(0.5).add(mean(input!)));
  return input!;
});

/** The values of a training that was stopped and gone on with. */
async function resumed(
  test: TestContext,
  first: Partial<FitOptions>,
  then: Partial<FitOptions>,
): Promise<number[]> {
  const directory = await temporaryFolder(test);
  const options = { optimizer: sgd(0.02, { momentum: 0.9 }) };
  await stoppedTraining(directory, { ...options, ...first });
  return valuesOf(await longTraining({ ...options, ...then, checkpoint: { directory, resume: true } }));
}

describe('a training whose vectors stay on a device', () => {
  it('gives the numbers of the CPU: dropout, batch normalisation, accumulation, clipping, an average', () =>
    alike((options) => longTraining({ ...options, optimizer: sgd(0.02, { momentum: 0.9 }) })));

  it('gives them with frozen layers that are trained later, and rates of their own', () =>
    alike((options) =>
      train(plainNetwork(), {
        ...options,
        ...{ freeze: '0.*', unfreeze: [{ after: 1, names: '*' }], learningRateOf: [['2.*', 0.5]] },
      }),
    ));

  it('gives them where the best epoch is kept and training stops early', () =>
    alike((options) =>
      train(plainNetwork(), {
        ...options,
        ...{ epochs: 6, validation: 0.25, clipValue: 0.01, average: 0.5 },
        earlyStopping: { metric: 'loss', patience: 1, minDelta: 1 },
      }),
    ));

  it('gives them where there is state and no parameter, and no state and no parameter', async () => {
    await alike((options) => train(sequential(flatten(), runningMean), options));
    await alike((options) => train(sequential(flatten(), activation('relu')), { ...options, clipNorm: 1 }));
  });

  it('gives what steps of two kinds that take turns are to give', async () => {
    assertNear(valuesOf(await play(2, onDevice)), expected(12, 2), 1e-6, 'values');
    assert.equal(device.taken.size, 0);
  });

  it('goes on where it was broken off: there, on the CPU of a training there, and there of one on the CPU', async (test) => {
    const whole = valuesOf(await longTraining({ workers: 1, optimizer: sgd(0.02, { momentum: 0.9 }) }));
    assertNear(await resumed(test, onDevice, onDevice), whole, 1e-5, 'on the device');
    assertNear(await resumed(test, onDevice, { workers: 1 }), whole, 1e-5, 'from the device');
    assertNear(await resumed(test, { workers: 1 }, onDevice), whole, 1e-5, 'to the device');
    // Parts of batches are normalised by themselves: other numbers than in one part, and no reason not to go on.
    assert.equal((await resumed(test, { workers: 2 }, { device: 'webgpu' })).length, whole.length);
  });

  it('leaves nothing on the device when the device fails, whenever that is', async () => {
    for (let runs = 0; runs < 60; runs += 7) {
      device.runsLeft = runs;
      await assert.rejects(longTraining(onDevice), /the device is lost/);
      assert.equal(device.taken.size, 0, `after ${runs} runs`);
    }
    device.runsLeft = Number.POSITIVE_INFINITY;
  });
});
