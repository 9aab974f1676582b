import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accuracy, adam } from '../index.js';
import { assertNear } from '../testing/compare.js';
import { expected, play, rate } from './alternatesTesting.js';
import { temporaryFolder, valuesOf } from './testing.js';

const pairOf = async (training: ReturnType<typeof play>): Promise<number[]> => valuesOf(await training);

describe('steps of two kinds that take turns', () => {
  for (const workers of [1, 2]) {
    for (const every of [1, 3]) {
      it(`train a part each, ${every} to 1, on ${workers} worker(s)`, async () => {
        const trained = await play(every, { workers });
        assertNear(valuesOf(trained), expected(12, every), 1e-6, 'x and y');
        const [first] = trained.history.epochs;
        assert.deepEqual(Object.keys(first!.train), ['loss', 'rivalLoss']);
      });
    }
  }

  it('leave the other part and its moments alone', async () => {
    // With Adam the first step of each number is as long as the rate, whatever the gradient.
    const trained = await play(4, { optimizer: adam(0.1), epochs: 1, clipNorm: 100 });
    assertNear(valuesOf(trained), [0.6, 1.05], 1e-4, 'x after four steps, y after its first');
  });

  it('average each part over its own steps', async () => {
    const trained = await play(1, { average: 0.5, epochs: 1, batchSize: 8 });
    let [x, y, meanX, meanY] = [1, 1, 1, 1];
    for (let step = 0; step < 2; step++) {
      x -= rate * y;
      meanX = (meanX + x) / 2;
      y += (rate / 2) * x;
      meanY = (meanY + y) / 2;
    }
    assertNear(valuesOf(trained), [meanX, meanY], 1e-6, 'averages');
  });

  it('broken off in an epoch and resumed, end where those left alone end', async (test) => {
    const directory = await temporaryFolder(test);
    const stop = new AbortController();
    const callbacks = [{ onStepEnd: ({ step }: { step: number }) => void (step === 5 && stop.abort()) }];
    await play(3, { checkpoint: { directory }, callbacks, signal: stop.signal });
    const resumed = await play(3, { checkpoint: { directory, resume: true } });
    const whole = await play(3);
    assert.deepEqual(valuesOf(resumed), valuesOf(whole));
    assert.deepEqual(
      resumed.history.epochs.map(({ train }) => train),
      whole.history.epochs.map(({ train }) => train),
    );
    await assert.rejects(play(2, { checkpoint: { directory, resume: true } }), /alternates was rival:y:3/);
  });

  it('need a part that is there, and have no metrics', async () => {
    await assert.rejects(
      pairOf(play(1, { trains: 'z' })),
      /no part 'z' of the parameters to train. Parts: x, y/,
    );
    await assert.rejects(pairOf(play(1, { metrics: [accuracy] })), /metrics have no one model to measure/);
    await assert.rejects(pairOf(play(0)), /every must be a whole number of at least 1/);
  });
});
