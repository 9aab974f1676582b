import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accuracy, crossEntropy, fit, meanSquaredError, sgd } from '../index.js';
import {
  bars,
  denseVariables,
  longTraining,
  measuredBy,
  ones,
  oneWeight,
  plainNetwork,
  stoppedTraining,
  temporaryFolder,
  valuesOf,
} from './testing.js';

describe('a training that was broken off', () => {
  it('killed in the middle of an epoch and resumed, ends bit for bit where one left alone ends', async (test) => {
    const directory = await temporaryFolder(test);
    const main = fileURLToPath(new URL('./interruptedMain.js', import.meta.url));
    // Step 5 is the second of the second epoch; the last checkpoint is of step 4.
    const { signal, stderr } = spawnSync(process.execPath, [main, directory, '5'], { encoding: 'utf8' });
    assert.equal(signal, 'SIGKILL', stderr);
    assert.deepEqual(await readdir(directory), ['last.safetensors']);
    const steps: number[] = [];
    const callbacks = [{ onStepEnd: ({ step }: { step: number }) => void steps.push(step) }];
    const resumed = await longTraining({ checkpoint: { directory, everySteps: 2, resume: true }, callbacks });
    const whole = await longTraining();
    assert.deepEqual(steps, [5, 6, 7, 8, 9]);
    assert.deepEqual(valuesOf(resumed), valuesOf(whole));
    assert.deepEqual(measuredBy(resumed), measuredBy(whole));
  });

  it('keeps checkpoints by time too, so that an epoch that is lost at its end is not lost whole', async (test) => {
    const breakOff = {
      onStepEnd({ step }: { step: number }) {
        if (step === 5) throw new Error('broken off');
      },
    };
    for (const [everySeconds, first] of [
      [1e-9, 5],
      [3600, 4],
    ] as const) {
      const directory = await temporaryFolder(test);
      const checkpoint = { directory, everySeconds };
      await assert.rejects(longTraining({ checkpoint, callbacks: [breakOff] }), /broken off/);
      const steps: number[] = [];
      const callbacks = [{ onStepEnd: ({ step }: { step: number }) => void steps.push(step) }];
      const resumed = await longTraining({ checkpoint: { ...checkpoint, resume: true }, callbacks });
      assert.equal(steps[0], first);
      assert.deepEqual(valuesOf(resumed), valuesOf(await longTraining()));
    }
    const checkpoint = { directory: 'nowhere', everySeconds: 0 };
    await assert.rejects(longTraining({ checkpoint }), /everySeconds should be a number above 0/);
  });

  it('stopped by a signal, keeps a checkpoint of that moment and goes on from it', async (test) => {
    const directory = await temporaryFolder(test);
    const stopped = await stoppedTraining(directory);
    assert.equal(stopped.history.epochs.length, 1);
    assert.ok(stopped.training.steps >= 4 && stopped.training.steps < 6, `${stopped.training.steps} steps`);
    const steps: number[] = [];
    const resumed = await longTraining({
      checkpoint: { directory, resume: true },
      callbacks: [{ onStepEnd: ({ step }) => void steps.push(step) }],
    });
    assert.equal(steps[0], stopped.training.steps + 1);
    assert.deepEqual(valuesOf(resumed), valuesOf(await longTraining()));
  });

  it('goes on in as many parts as it began with, whatever would be chosen here', async (test) => {
    const directory = await temporaryFolder(test);
    const options = {
      ...{ loss: crossEntropy, optimizer: sgd(0.1), batchSize: 4, seed: 3 },
      ...{ progress: false, checkpoint: { directory } },
    };
    const chosen = await fit(plainNetwork(), bars(12), { ...options, epochs: 1 });
    const workers = chosen.training.workers + 1;
    await fit(plainNetwork(), bars(12), { ...options, epochs: 1, workers });
    const resumed = await fit(plainNetwork(), bars(12), {
      ...{ ...options, epochs: 2 },
      checkpoint: { directory, resume: true },
    });
    assert.equal(resumed.training.workers, workers);
    const whole = await fit(plainNetwork(), bars(12), { ...options, epochs: 2, workers });
    assert.deepEqual(valuesOf(resumed), valuesOf(whole));
  });

  it('is not taken up by another model, or with another seed', async (test) => {
    const directory = await temporaryFolder(test);
    const options = {
      loss: crossEntropy,
      optimizer: sgd(0.1),
      metrics: [accuracy],
      progress: false,
      workers: 1,
    };
    await fit(plainNetwork(), bars(12), { ...options, checkpoint: { directory } });
    const checkpoint = { directory, resume: true };
    await assert.rejects(
      longTraining({ checkpoint }),
      /last\.safetensors: this checkpoint is of another training: model was .* and is now/,
    );
    await assert.rejects(
      fit(plainNetwork(), bars(12), { ...options, seed: 7, checkpoint }),
      /seed was 0 and is now 7\. Resume with the same settings, or start anew elsewhere/,
    );
  });

  it('says which checkpoint is cut off', async (test) => {
    const directory = await temporaryFolder(test);
    const options = { loss: meanSquaredError, optimizer: sgd(0.1), progress: false };
    await fit(oneWeight(), ones(4, 1), { ...options, checkpoint: { directory } });
    const file = join(directory, 'last.safetensors');
    const content = await readFile(file);
    for (const length of [content.length - 1, 40, 3, 0]) {
      await writeFile(file, content.subarray(0, length));
      await assert.rejects(
        fit(oneWeight(), ones(4, 1), { ...options, checkpoint: { directory, resume: true } }),
        (error: Error) =>
          error.message.includes(file) && /cut off|cannot be read as safetensors/.test(error.message),
        `${length} bytes`,
      );
    }
  });

  it('that had stopped early, takes no further step', async (test) => {
    const directory = await temporaryFolder(test);
    // w goes 0.1, 0.19, 0.271 ... towards 1 and past 0.2, where the validation is best: after the second epoch.
    const options = {
      loss: meanSquaredError,
      optimizer: sgd(0.05),
      variables: denseVariables(0)!,
      epochs: 20,
      validation: ones(1, 0.2),
      earlyStopping: { patience: 2 },
      progress: false,
    };
    const stopped = await fit(oneWeight(), ones(1, 1), { ...options, checkpoint: { directory } });
    const resumed = await fit(oneWeight(), ones(1, 1), {
      ...options,
      checkpoint: { directory, resume: true },
    });
    assert.equal(stopped.history.epochs.length, 4);
    assert.deepEqual(measuredBy(resumed), measuredBy(stopped));
    assert.deepEqual(valuesOf(resumed), valuesOf(stopped));
  });
});
