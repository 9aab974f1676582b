import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import {
  accuracy,
  adam,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  dropout,
  evaluate,
  type FitOptions,
  fit,
  flatten,
  meanSquaredError,
  sequential,
  sgd,
} from '../index.js';
import { assertNear } from '../testing/compare.js';
import { bars, ones, oneWeight, plainNetwork, valuesOf } from './testing.js';

const options: FitOptions = {
  loss: crossEntropy,
  optimizer: adam(0.01),
  batchSize: 8,
  epochs: 2,
  progress: false,
};

describe('fit', () => {
  it('learns, and measures what it learned', async () => {
    const { history } = await fit(plainNetwork(), bars(90), {
      ...options,
      epochs: 6,
      metrics: [accuracy],
      validation: 0.2,
    });
    const last = history.epochs.at(-1)!;
    assert.ok(last.validation!.accuracy! > 0.9, `accuracy ${last.validation!.accuracy}`);
    assert.ok(last.train.loss! < history.epochs[0]!.train.loss! / 2);
  });

  it('gives the same parameters whether one worker takes a batch or two or three share it', async () => {
    // 30 examples: the last batch has six, and the parts of three workers differ in size.
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map((workers) =>
        fit(plainNetwork(), bars(30), { ...options, workers, clipNorm: 0.5, average: 0.5 }),
      ),
    );
    assertNear(valuesOf(two!), valuesOf(one!), 1e-5, 'two workers');
    assertNear(valuesOf(three!), valuesOf(one!), 1e-5, 'three workers');
  });

  it('gives bit for bit the same with the same seed, and something else with another', async () => {
    const model = () => sequential(conv2d(4, 3), batchNorm(), flatten(), dropout(0.5), dense(3));
    const [first, again, other] = await Promise.all(
      [5, 5, 6].map((seed) => fit(model(), bars(32), { ...options, seed, workers: 2 })),
    );
    assert.deepEqual(valuesOf(again!), valuesOf(first!));
    assert.notDeepEqual(valuesOf(other!), valuesOf(first!));
  });

  it('draws another dropout mask in each step', async () => {
    const model = sequential(dropout(0.5), dense(1, { bias: false }));
    const losses: number[] = [];
    const callbacks = [{ onStepEnd: ({ loss }: { loss: number }) => void losses.push(loss) }];
    await fit(model, ones(32, 1), {
      ...options,
      loss: meanSquaredError,
      optimizer: sgd(0),
      epochs: 8,
      batchSize: 32,
      callbacks,
    });
    assert.ok(new Set(losses).size > 4, losses.join(' '));
  });

  it('adds up the gradients of batches to that of one large batch, uneven weights and a short batch included', async () => {
    const weight = Float32Array.from({ length: 22 }, (_, i) => (i % 5) / 2);
    const data = Dataset.generate(22, async (index) => ({
      ...(await bars(22).at(index)),
      weight: new NdArray('float32', [], weight.slice(index, index + 1)),
    }));
    const fixed = { ...options, shuffle: false, optimizer: sgd(0.1), workers: 2 };
    const together = await fit(plainNetwork(), data, { ...fixed, batchSize: 12 });
    const added = await fit(plainNetwork(), data, { ...fixed, batchSize: 4, accumulate: 3 });
    assert.equal(added.training.steps, 4);
    assertNear(valuesOf(added), valuesOf(together), 1e-5, 'parameters');
    assertNear(
      [added.history.epochs[1]!.train.loss!],
      [together.history.epochs[1]!.train.loss!],
      1e-5,
      'loss',
    );
  });

  it('goes on where examples of a batch count nothing at all', async () => {
    const data = Dataset.fromArrays({
      input: NdArray.from([[1], [1], [1], [1]]),
      target: NdArray.from([[2], [2], [2], [2]]),
      weight: NdArray.from([0, 0, 1, 1]),
    });
    const { history } = await fit(oneWeight(), data, {
      ...options,
      loss: meanSquaredError,
      batchSize: 2,
      shuffle: false,
    });
    assert.ok(Number.isFinite(history.epochs[0]!.train.loss!));
  });

  it('leaves the event loop free', async () => {
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 10);
    const started = performance.now();
    const model = sequential(
      conv2d(32, 3, { padding: 1 }),
      conv2d(32, 3, { padding: 1 }),
      flatten(),
      dense(3),
    );
    await fit(model, bars(512), { ...options, batchSize: 128, epochs: 6 });
    clearInterval(timer);
    const due = (performance.now() - started) / 10;
    assert.ok(ticks > due / 8, `${ticks} ticks of ${due.toFixed(0)}`);
  });
});

describe('fit, given what does not fit', () => {
  const rejects = async (
    message: RegExp,
    start: (steps: FitOptions['callbacks']) => Promise<unknown>,
  ): Promise<void> => {
    let begun = false;
    const note = (): void => {
      begun = true;
    };
    await assert.rejects(start([{ onTrainBegin: note, onStepEnd: note }]), message);
    assert.equal(begun, false, 'a step was taken');
  };

  it('names the layer, the shapes and a way out before any step', async () => {
    await rejects(
      /dense \(layer 1\), given float32\[\d+, 4, 4, 4\]: expected \[batch, features\].*Did you mean to flatten\(\) first\?/,
      (callbacks) => fit(sequential(conv2d(4, 3), dense(3)), bars(8), { ...options, callbacks }),
    );
    await rejects(
      /conv2d \(layer 1\), given float32\[\d+, 36\]: .*expected \[batch, channels, height, width\]/,
      (callbacks) => fit(sequential(flatten(), conv2d(4, 3)), bars(8), { ...options, callbacks }),
    );
    await rejects(
      /crossEntropy: the prediction float32\[\d+, 1\] has 1 classes.*use binaryCrossEntropy/,
      (callbacks) => fit(sequential(flatten(), dense(1)), bars(8), { ...options, callbacks }),
    );
  });

  it('asks for a target', async () => {
    const data = bars(8).map(({ input }) => ({ input: input! }));
    await rejects(/needs a 'target'/, (callbacks) => fit(plainNetwork(), data, { ...options, callbacks }));
  });

  it('refuses shares of validation outside 0 .. 1, empty validation, and validation data of another kind', async () => {
    for (const validation of [-0.1, 0, 1, 1.5, Number.NaN]) {
      await rejects(/validation must lie between 0 and 1/, (callbacks) =>
        fit(plainNetwork(), bars(8), { ...options, validation, callbacks }),
      );
    }
    for (const validation of [0.01, bars(8).take(0)]) {
      await rejects(/no examples to validate on/, (callbacks) =>
        fit(plainNetwork(), bars(8), { ...options, validation, callbacks }),
      );
    }
    await rejects(
      /The validation data does not fit: conv2d \(layer 0\), given float32\[1, 1\]/,
      (callbacks) => fit(plainNetwork(), bars(8), { ...options, validation: ones(4, 1), callbacks }),
    );
    await rejects(/no examples to train on/, (callbacks) =>
      fit(plainNetwork(), bars(0), { ...options, callbacks }),
    );
  });

  it('refuses counts that are none', async () => {
    for (const wrong of [
      { epochs: -1 },
      { epochs: 1.5 },
      { accumulate: 0 },
      { batchSize: 0 },
      { workers: 0 },
    ]) {
      await rejects(new RegExp(`${Object.keys(wrong)[0]}|size`), (callbacks) =>
        fit(plainNetwork(), bars(8), { ...options, ...wrong, callbacks }),
      );
    }
  });

  it('refuses class weights that lack a class', async () => {
    await assert.rejects(
      fit(plainNetwork(), bars(9), { ...options, classWeights: [1, 2] }),
      /classWeights has 2 weights, but a target is 2/,
    );
  });

  it('refuses labels that the model has no class for', async () => {
    const few = sequential(flatten(), dense(2));
    await assert.rejects(
      fit(few, bars(9), options),
      /A target is 2, but the model tells 2 classes apart: expected 0 to 1/,
    );
    const trained = await fit(few, bars(9).select([0]), options);
    await assert.rejects(evaluate(trained, bars(9)), /A target is \d, but the model tells 2 classes apart/);
  });

  it('gives as many predictions as a last short batch has examples', async () => {
    const trained = await fit(plainNetwork(), bars(9), options);
    const rows: [number, number][] = [];
    await evaluate(trained, bars(9), {
      batchSize: 4,
      onPredictions: (predictions, { target }) => rows.push([predictions.shape[0]!, target!.size]),
    });
    assert.deepEqual(
      rows.toSorted((a, b) => b[0] - a[0]),
      [
        [4, 4],
        [4, 4],
        [1, 1],
      ],
    );
  });
});
