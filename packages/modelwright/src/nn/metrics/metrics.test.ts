import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { checkGraph, Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { openOrt } from '../../runtime/testing.js';
import { readFixture } from '../../testing/fixture.js';
import { crossEntropy, huber, losses, meanAbsoluteError, meanSquaredError } from '../losses/index.js';
import {
  type Averaging,
  accuracy,
  binaryAccuracy,
  classificationReport,
  confusionMatrix,
  f1,
  type Measure,
  type Metric,
  metricFromJson,
  metricOf,
  metrics,
  metricToJson,
  precision,
  r2,
  recall,
  rootMeanSquaredError,
  topKAccuracy,
} from './index.js';

type ScoreName = 'precision' | 'recall' | 'f1';

interface Fixture {
  readonly classification: readonly {
    title: string;
    classes: number;
    logits: number[][];
    targets: number[];
    accuracy: number;
    top2: number;
    confusion: number[][];
    scores: Record<ScoreName, Partial<Record<Averaging, number>>>;
    report: [number, number, number, number][];
  }[];
  readonly binary: readonly ({
    logits: number[];
    targets: number[];
    accuracy: number;
    confusion: number[][];
  } & Record<ScoreName, number>)[];
  readonly regression: readonly {
    targets: number[] | number[][];
    predictions: number[] | number[][];
    r2: number;
    meanAbsoluteError: number;
    meanSquaredError: number;
    rootMeanSquaredError: number;
  }[];
}

const fixture = readFixture<Fixture>(import.meta.url, 'fixtures/metrics.json');
const scoreMetrics = { precision, recall, f1 };

/** A measure's result on one batch, in ONNX Runtime and by the reference. */
async function resultsOn<R>(measure: Measure<R>, batches: readonly (readonly NdArray[])[]): Promise<R[]> {
  const tensors = batches[0]!.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const [prediction, target, weight] = tensors as [Tensor, Tensor, Tensor];
  const statistics = measure.statistics(prediction, target, weight);
  const graph = new Graph(tensors, Object.values(statistics));
  checkGraph(graph);
  const runs = [
    await Promise.all(batches.map((batch) => openOrt(graph, batch))),
    batches.map((batch) => runReference(graph, batch)),
  ];
  return runs.map((outputs) => {
    const totals = outputs.reduce((sums, more) =>
      sums.map((array, i) => {
        const other = more[i]!.toNumbers();
        const added = array.toNumbers().map((value, k) => value + other[k]!);
        return NdArray.of('float32', array.shape, added);
      }),
    );
    assert.ok(totals.every(({ dtype }) => dtype === 'float32'));
    return measure.compute(Object.fromEntries(Object.keys(statistics).map((name, i) => [name, totals[i]!])));
  });
}

/** Two batches of equal size, the last examples of the second a filling that must not count. */
function batchesOf(prediction: NdArray, target: NdArray): NdArray[][] {
  const count = prediction.shape[0]!;
  const size = Math.ceil((count + 1) / 2);
  const cut = (array: NdArray, start: number): NdArray => {
    const row = array.size / count;
    const values = array.toNumbers().slice(start * row, (start + size) * row);
    const filled = [...values, ...new Array<number>(size * row - values.length).fill(1)];
    return NdArray.of(array.dtype, [size, ...array.shape.slice(1)], filled);
  };
  return [0, size].map((start) => {
    const weight = Array.from({ length: size }, (_, i) => Number(start + i < count));
    return [cut(prediction, start), cut(target, start), NdArray.from(weight)];
  });
}

async function check(metric: Metric, prediction: NdArray, target: NdArray, expected: number): Promise<void> {
  for (const value of await resultsOn(metric, batchesOf(prediction, target))) {
    assert.ok(Math.abs(value - expected) <= 2e-6, `${metric.name} is ${value}, expected ${expected}`);
  }
}

describe('classification metrics as in scikit-learn', () => {
  for (const sample of fixture.classification) {
    const logits = NdArray.from(sample.logits);
    const targets = NdArray.from(sample.targets, 'int32');

    it(`${sample.title}: accuracy, top-k accuracy and the confusion matrix`, async () => {
      await check(accuracy, logits, targets, sample.accuracy);
      await check(topKAccuracy(2), logits, targets, sample.top2);
      await check(topKAccuracy(1), logits, targets, sample.accuracy);
      await check(topKAccuracy(sample.classes), logits, targets, 1);
      for (const matrix of await resultsOn(confusionMatrix, batchesOf(logits, targets))) {
        assert.deepEqual(matrix, sample.confusion);
      }
    });

    it(`${sample.title}: one-hot targets and further axes give the same`, async () => {
      const rows = sample.targets.map((t) =>
        Array.from({ length: sample.classes }, (_, c) => Number(c === t)),
      );
      await check(accuracy, logits, NdArray.from(rows), sample.accuracy);
      await check(topKAccuracy(2), logits, NdArray.from(rows), sample.top2);
      const [count, classes] = [sample.targets.length, sample.classes];
      const time = NdArray.of('float32', [1, count, classes], logits.toNumbers());
      const labels = targets.reshape([1, count]);
      await check(accuracy.with({ classAxis: -1 }), time, labels, sample.accuracy);
      await check(f1.with({ classAxis: -1, average: 'macro' }), time, labels, sample.scores.f1.macro!);
    });

    for (const [score, byAverage] of Object.entries(sample.scores)) {
      it(`${sample.title}: ${score}`, async () => {
        const metric = scoreMetrics[score as ScoreName];
        for (const [average, expected] of Object.entries(byAverage)) {
          await check(metric.with({ average: average as Averaging }), logits, targets, expected);
        }
        await check(metric, logits, targets, sample.classes === 2 ? byAverage.binary! : byAverage.macro!);
      });
    }

    it(`${sample.title}: the report`, () => {
      const report = classificationReport(sample.confusion);
      for (const [index, [p, r, f, support]] of sample.report.entries()) {
        const own = report.classes[index]!;
        for (const [value, expected] of [
          [own.precision, p],
          [own.recall, r],
          [own.f1, f],
          [own.support, support],
        ]) {
          assert.ok(Math.abs(value! - expected!) < 1e-12, `class ${index}: ${value}, expected ${expected}`);
        }
      }
      for (const score of ['precision', 'recall', 'f1'] as const) {
        assert.ok(Math.abs(report.macro[score] - sample.scores[score].macro!) < 1e-12);
        assert.ok(Math.abs(report.weighted[score] - sample.scores[score].weighted!) < 1e-12);
      }
      assert.ok(Math.abs(report.accuracy - sample.accuracy) < 1e-12);
    });
  }

  for (const [position, sample] of fixture.binary.entries()) {
    it(`one logit an example, case ${position}`, async () => {
      const flat = NdArray.from(sample.logits);
      const column = flat.reshape([sample.logits.length, 1]);
      for (const logits of [flat, column]) {
        for (const dtype of ['int32', 'float32', 'bool'] as const) {
          await check(accuracy, logits, NdArray.from(sample.targets, dtype), sample.accuracy);
        }
        await check(binaryAccuracy, logits, NdArray.from(sample.targets), sample.accuracy);
        for (const score of ['precision', 'recall', 'f1'] as const) {
          await check(scoreMetrics[score], logits, NdArray.from(sample.targets), sample[score]);
        }
        for (const matrix of await resultsOn(
          confusionMatrix,
          batchesOf(logits, NdArray.from(sample.targets)),
        )) {
          assert.deepEqual(matrix, sample.confusion);
        }
      }
    });
  }
});

describe('classification metrics', () => {
  const weight = (...values: number[]): NdArray => NdArray.from(values);

  it('leave out ignored positions', async () => {
    const logits = NdArray.from([
      [
        [2, 0],
        [0, 2],
        [2, 0],
      ],
      [
        [0, 2],
        [2, 0],
        [0, 2],
      ],
    ]);
    const targets = NdArray.from(
      [
        [0, 1, -1],
        [0, -1, 1],
      ],
      'int32',
    );
    const options = { classAxis: -1, ignoreIndex: -1 };
    const batch = [[logits, targets, weight(1, 1)]];
    assert.deepEqual(await resultsOn(accuracy.with(options), batch), [0.75, 0.75]);
    assert.deepEqual(await resultsOn(topKAccuracy(1, options), batch), [0.75, 0.75]);
    const matrix = [
      [1, 1],
      [0, 2],
    ];
    assert.deepEqual(await resultsOn(confusionMatrix.with(options), batch), [matrix, matrix]);
  });

  it('count examples by their weight', async () => {
    const batch = [
      [
        NdArray.from([
          [1, 0],
          [1, 0],
        ]),
        NdArray.from([0, 1], 'int32'),
        weight(3, 1),
      ],
    ];
    assert.deepEqual(await resultsOn(accuracy, batch), [0.75, 0.75]);
    const matrix = [
      [3, 0],
      [1, 0],
    ];
    assert.deepEqual(await resultsOn(confusionMatrix, batch), [matrix, matrix]);
  });

  it('rank ties for the true class, and never a logit that is not a number', async () => {
    const logits = NdArray.from([
      [1, 1, 1],
      [Number.NaN, Number.NaN, Number.NaN],
      [-1e38, 5, 4],
    ]);
    const batch = [[logits, NdArray.from([2, 0, 0], 'int32'), weight(1, 1, 1)]];
    const results = await resultsOn(topKAccuracy(1), batch);
    for (const value of results) assert.ok(Math.abs(value - 1 / 3) < 1e-6, `${value}`);
  });

  it('are NaN without examples', async () => {
    const batch = [[NdArray.from([[1, 0, 0]]), NdArray.from([0], 'int32'), weight(0)]];
    const averages: Averaging[] = ['macro', 'micro', 'weighted'];
    const all: Metric[] = [accuracy, topKAccuracy(1), ...averages.map((average) => f1.with({ average }))];
    for (const metric of all) assert.deepEqual(await resultsOn(metric, batch), [Number.NaN, Number.NaN]);
    const binary = [[NdArray.from([1]), NdArray.from([1]), weight(0)]];
    assert.deepEqual(await resultsOn(f1, binary), [Number.NaN, Number.NaN]);
  });

  it('say what is wrong and what to do', async () => {
    const x = (shape: number[], dtype: 'float32' | 'int32' = 'float32'): Tensor => input('x', dtype, shape);
    assert.throws(
      () => accuracy.statistics(x([8, 5, 10]), x([8, 5], 'int32'), x([8])),
      /accuracy:.*classAxis: -1/,
    );
    assert.throws(() => binaryAccuracy.statistics(x([8, 3]), x([8]), x([8])), /binaryAccuracy:.*same shape/);
    assert.throws(() => topKAccuracy(0), /k is 0/);
    assert.throws(() => classificationReport([[1, 2]]), /not square/);
    assert.throws(() => classificationReport([[1]], ['a', 'b']), /2 class names for 1/);
    const batch = [[NdArray.from([[1, 0, 0]]), NdArray.from([0], 'int32'), weight(1)]];
    await assert.rejects(
      () => resultsOn(f1.with({ average: 'binary' }), batch),
      /'binary' is for two classes/,
    );
  });
});

describe('regression metrics as in scikit-learn', () => {
  for (const [position, sample] of fixture.regression.entries()) {
    it(`case ${position}`, async () => {
      const [predictions, targets] = [NdArray.from(sample.predictions), NdArray.from(sample.targets)];
      await check(r2, predictions, targets, sample.r2);
      await check(r2.with({ center: 5 }), predictions, targets, sample.r2);
      await check(rootMeanSquaredError, predictions, targets, sample.rootMeanSquaredError);
      await check(metricOf(meanSquaredError), predictions, targets, sample.meanSquaredError);
      await check(metricOf(meanAbsoluteError), predictions, targets, sample.meanAbsoluteError);
    });
  }

  it('r2 keeps its precision far from 0 when it knows about where', async () => {
    const targets = Array.from({ length: 50 }, (_, i) => 20000 + (i % 7));
    const predictions = targets.map((t, i) => t + (i % 2 === 0 ? 0.5 : -0.5));
    const mean = targets.reduce((a, b) => a + b) / targets.length;
    const variation = targets.reduce((sum, t) => sum + (t - mean) ** 2, 0);
    const expected = 1 - (0.25 * targets.length) / variation;
    await check(r2.with({ center: 20000 }), NdArray.from(predictions), NdArray.from(targets), expected);
  });
});

describe('metrics', () => {
  it('survive JSON with their options', () => {
    const all = [
      ...Object.values(metrics),
      f1.with({ average: 'micro' }),
      topKAccuracy(3),
      metricOf(huber.with({ delta: 2 })),
    ];
    for (const metric of all) {
      const json = JSON.parse(JSON.stringify(metricToJson(metric)));
      const back = metricFromJson(json);
      assert.equal(back.name, metric.name);
      assert.deepEqual(metricToJson(back), json);
    }
    assert.equal(metricFromJson({ type: 'f1', config: { average: 'micro' } }).name, 'microF1');
    assert.equal(metrics.topKAccuracy!.name, 'top5Accuracy');
    assert.throws(() => metricToJson(metricOf((p) => p.sum(1))), /cannot be written as JSON/);
    assert.throws(() => metricFromJson({ type: 'toString', config: {} }), /no metric called/);
  });

  it('include every loss', async () => {
    for (const name of Object.keys(losses)) assert.equal(metrics[name]!.better, 'lower');
    const batch = [[NdArray.from([[0, 0]]), NdArray.from([1], 'int32'), NdArray.from([1])]];
    for (const value of await resultsOn(metricOf(crossEntropy), batch))
      assert.ok(Math.abs(value - Math.LN2) < 1e-6);
  });
});
