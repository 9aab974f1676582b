import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bestEpoch,
  type EpochRecord,
  historyFromJson,
  historyToJson,
  isLowerBetter,
  metricNames,
  metricSeries,
} from './history.js';

const epoch = (
  number: number,
  train: Record<string, number>,
  validation?: Record<string, number>,
): EpochRecord => ({
  epoch: number,
  step: 10 * number,
  seconds: 1.5,
  learningRate: 1e-3,
  train,
  ...(validation && { validation }),
});

const history = {
  epochs: [
    epoch(1, { accuracy: 0.5, loss: 2 }, { loss: 2.1, accuracy: 0.4 }),
    epoch(2, { accuracy: 0.8, loss: 1 }, { loss: 1.5, accuracy: 0.7 }),
    epoch(3, { accuracy: 0.9, loss: 0.5 }, { loss: 1.8, accuracy: 0.7 }),
    epoch(4, { accuracy: 0.95, loss: Number.NaN }, { loss: Number.NaN }),
  ],
};

describe('history', () => {
  it('names the loss first and gives a metric as a series, NaN where it was not measured', () => {
    assert.deepEqual(metricNames(history), ['loss', 'accuracy']);
    assert.deepEqual(metricSeries(history, 'accuracy', 'validation'), [0.4, 0.7, 0.7, Number.NaN]);
  });

  it('finds the best epoch on the validation data, the earliest among equals, never one with NaN', () => {
    assert.equal(bestEpoch(history, 'loss')?.epoch, 2);
    assert.equal(bestEpoch(history, 'accuracy')?.epoch, 2);
    assert.equal(bestEpoch(history, 'loss', { split: 'train' })?.epoch, 3);
    assert.equal(bestEpoch(history, 'loss', { mode: 'max' })?.epoch, 1);
    assert.equal(bestEpoch(history, 'unknown'), undefined);
    assert.equal(bestEpoch({ epochs: [epoch(1, { loss: 3 }), epoch(2, { loss: 1 })] }, 'loss')?.epoch, 2);
  });

  it('knows which metrics fall as a model gets better', () => {
    for (const name of ['loss', 'meanSquaredError', 'wordErrorRate', 'perplexity', 'mae'])
      assert.ok(isLowerBetter(name), name);
    for (const name of ['accuracy', 'f1', 'top5Accuracy', 'areaUnderRoc', 'recall', 'truePositiveRate']) {
      assert.ok(!isLowerBetter(name), name);
    }
  });

  it('goes through JSON unchanged, NaN included', () => {
    assert.deepEqual(historyFromJson(historyToJson(history)), history);
  });

  it('refuses JSON that is not a history, naming the field', () => {
    assert.throws(() => historyFromJson('[]'), /'history' should be an object, but it is \[\]/);
    assert.throws(() => historyFromJson('{}'), /'epochs' should be an array, but it is missing/);
    const broken = historyToJson(history).replace('"seconds": 1.5', '"seconds": "long"');
    assert.throws(
      () => historyFromJson(broken),
      /'epochs\[0\]\.seconds' should be a number, but it is "long"/,
    );
    const negative = historyToJson(history).replace('"epoch": 2', '"epoch": -2');
    assert.throws(() => historyFromJson(negative), /'epochs\[1\]\.epoch' should be a whole number/);
    const text = historyToJson(history).replace('"accuracy": 0.4', '"accuracy": "0.4"');
    assert.throws(() => historyFromJson(text), /'epochs\[0\]\.validation\.accuracy'/);
  });
});
