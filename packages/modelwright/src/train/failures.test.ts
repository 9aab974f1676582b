import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import { fit, meanSquaredError, NonFiniteLossError, sgd } from '../index.js';
import { decodeCheckpoint } from './checkpoint.js';
import { denseVariables, ones, oneWeight, temporaryFolder, valuesOf } from './testing.js';

const options = {
  loss: meanSquaredError,
  optimizer: sgd(0.05),
  batchSize: 2,
  shuffle: false,
  progress: false,
};

/** What a promise is rejected with. */
async function failureOf(work: Promise<unknown>): Promise<NonFiniteLossError> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NonFiniteLossError, String(error));
  return error;
}

describe('a loss that is no number', () => {
  it('ends the training, names the bad value, and keeps the last good model and checkpoint', async (test) => {
    const directory = await temporaryFolder(test);
    const data = ones(8, 1).map(({ input, target }, { epoch, index }) => ({
      input: epoch === 1 && index === 5 ? NdArray.from([Number.NaN]) : input!,
      target: target!,
    }));
    const started = { ...options, epochs: 3, variables: denseVariables(0)! };
    const error = await failureOf(fit(oneWeight(), data, { ...started, checkpoint: { directory } }));
    assert.match(
      error.message,
      /The loss became NaN at step 7 \(epoch 2\)\. The batch holds NaN in 'input' at \[1, 0\]: clean the data\. The model of epoch 1 is kept\./,
    );
    const { epoch, variables } = await kept(directory);
    const good = await fit(oneWeight(), ones(8, 1), { ...started, epochs: 1 });
    assert.deepEqual(valuesOf(error.lastGood!), valuesOf(good));
    assert.equal(epoch, 1);
    assert.equal(variables.parameters[0], valuesOf(good)[0]);
  });

  it('that diverges, is told apart from bad data', async () => {
    const error = await failureOf(fit(oneWeight(), ones(8, 1), { ...options, optimizer: sgd(1e15) }));
    assert.match(
      error.message,
      /The data is finite, so the training diverged: lower the learning rate, or clip the gradient with clipNorm\.$/,
    );
    assert.equal(error.lastGood, undefined);
  });

  it('keeps no checkpoint of parameters that have overflowed, though the loss so far was finite', async (test) => {
    const directory = await temporaryFolder(test);
    const data = ones(8, 1).map(({ target }) => ({ input: NdArray.from([1e-12]), target: target! }));
    // From w = 0: a step of rate 1e38 leads to 2e26, where the loss is 4e28, and the next to -4e40, which float32 does not hold.
    const error = await failureOf(
      fit(oneWeight(), data, {
        ...options,
        optimizer: sgd(1e38),
        variables: denseVariables(0)!,
        checkpoint: { directory, everySteps: 1 },
      }),
    );
    assert.match(error.message, /The parameters became infinite at step 2/);
    const { step, variables } = await kept(directory);
    assert.equal(step, 1);
    assert.ok(variables.parameters.every(Number.isFinite));
  });
});

async function kept(directory: string) {
  const file = join(directory, 'last.safetensors');
  const { progress, variables } = decodeCheckpoint(new Uint8Array(await readFile(file)), file);
  return { epoch: progress.epoch, step: progress.step, variables };
}

describe('a worker that fails', () => {
  it('ends the training with its reason, and the process ends by itself', () => {
    const main = fileURLToPath(new URL('./failingMain.js', import.meta.url));
    for (const workers of ['1', '2']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, workers], {
        encoding: 'utf8',
        timeout: 300_000,
      });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /rejected: .*indices element out of data bounds, idx=99/);
    }
  });

  it('whose data cannot be read, gives the error of the data', async () => {
    const data = Dataset.generate(8, (index) => {
      if (index === 5) throw new Error('photos/5.jpg is gone');
      return { input: NdArray.from([1]), target: NdArray.from([1]) };
    });
    await assert.rejects(
      fit(
        oneWeight(),
        data.map((example) => example),
        { ...options },
      ),
      /photos\/5\.jpg is gone/,
    );
  });
});
