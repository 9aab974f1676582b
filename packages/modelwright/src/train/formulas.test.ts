// One dense layer without bias on a squared error, whose gradient is known: 2 / n * sum of (x w - y) x.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import {
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  l2,
  meanSquaredError,
  sequential,
  sgd,
} from '../index.js';
import { assertNear } from '../testing/compare.js';
import { denseVariables, valuesOf } from './testing.js';

const inputs = [
  [1, 2],
  [-1, 0.5],
  [3, -2],
  [0.5, 1],
] as const;
const targets = [1, -2, 0.5, 3] as const;
const start = [0.3, -0.7];
const rate = 0.05;

const line = (weight?: readonly number[]): Dataset =>
  Dataset.fromArrays({
    input: NdArray.from(inputs),
    target: NdArray.from(targets),
    ...(weight && { weight: NdArray.from(weight) }),
  });

/** The gradient at w, with a weight for each example. */
function gradientAt(w: readonly number[], weights: readonly number[] = [1, 1, 1, 1]): number[] {
  const total = weights.reduce((a, b) => a + b);
  const gradient = [0, 0];
  for (const [i, [a, b]] of inputs.entries()) {
    const factor = (2 * weights[i]! * (a * w[0]! + b * w[1]! - targets[i]!)) / total;
    gradient[0]! += factor * a;
    gradient[1]! += factor * b;
  }
  return gradient;
}

const stepped = (w: readonly number[], gradient: readonly number[]): number[] =>
  w.map((x, i) => x - rate * gradient[i]!);

/** The parameters after some steps on all four examples at once, shared by two workers. */
async function fitted(options: Partial<FitOptions> = {}, weight?: readonly number[]) {
  const norms: number[] = [];
  const trained = await fit(sequential(dense(1, { bias: false })), line(weight), {
    loss: meanSquaredError,
    optimizer: sgd(rate),
    variables: denseVariables(start.map((x) => [x]))!,
    batchSize: 4,
    shuffle: false,
    workers: 2,
    progress: false,
    callbacks: [{ onStepEnd: ({ gradientNorm }) => void norms.push(gradientNorm) }],
    ...options,
  });
  return { trained, values: valuesOf(trained), norms };
}

describe('what fit does to the gradient', () => {
  it('descends along it', async () => {
    assertNear((await fitted()).values, stepped(start, gradientAt(start)), 1e-6, 'w');
  });

  it('clipNorm: shortens it to g min(1, limit / |g|)', async () => {
    const gradient = gradientAt(start);
    const norm = Math.hypot(...gradient);
    for (const clipNorm of [norm / 3, norm * 3]) {
      const { values, norms } = await fitted({ clipNorm });
      const scale = Math.min(1, clipNorm / norm);
      assertNear(
        values,
        stepped(
          start,
          gradient.map((g) => g * scale),
        ),
        1e-6,
        `limit ${clipNorm}`,
      );
      assertNear(norms, [norm], 1e-5, 'the norm told');
    }
  });

  it('clipValue: holds each element between -limit and limit', async () => {
    const gradient = gradientAt(start);
    const limit = (Math.abs(gradient[0]!) + Math.abs(gradient[1]!)) / 2;
    const held = gradient.map((g) => Math.max(-limit, Math.min(limit, g)));
    assert.notDeepEqual(held, gradient);
    assertNear((await fitted({ clipValue: limit })).values, stepped(start, held), 1e-6, 'w');
  });

  it('weights of examples: sum of weight times loss, over the sum of the weights', async () => {
    const weights = [0.5, 2, 0, 3];
    const { values, trained } = await fitted({}, weights);
    assertNear(values, stepped(start, gradientAt(start, weights)), 1e-6, 'w');
    const losses = inputs.map(([a, b], i) => (a * start[0]! + b * start[1]! - targets[i]!) ** 2);
    const mean = losses.reduce((sum, loss, i) => sum + weights[i]! * loss, 0) / 5.5;
    assertNear([trained.history.epochs[0]!.train.loss!], [mean], 1e-6, 'loss');
  });

  it('classWeights: each example weighs what its class does', async () => {
    const labels = [0, 2, 1, 0];
    const classWeights = [0.5, 3, 2];
    const table = [
      [0.1, -0.2, 0.3],
      [0.4, 0, -0.5],
    ];
    const trained = await fit(
      sequential(dense(3, { bias: false })),
      Dataset.fromArrays({ input: NdArray.from(inputs), target: NdArray.from(labels, 'int32') }),
      {
        loss: crossEntropy,
        optimizer: sgd(rate),
        variables: denseVariables(table)!,
        classWeights,
        batchSize: 4,
        progress: false,
      },
    );
    // d loss / d w[f, c] = sum of weight x[f] (p[c] - [c is the label]) / sum of weights
    const expected = table.map((row) => [...row]);
    const total = labels.reduce((sum, label) => sum + classWeights[label]!, 0);
    for (const [i, x] of inputs.entries()) {
      const exponentials = [0, 1, 2].map((c) => Math.exp(x[0] * table[0]![c]! + x[1] * table[1]![c]!));
      const sum = exponentials.reduce((a, b) => a + b);
      for (const f of [0, 1] as const) {
        for (const [c, e] of exponentials.entries()) {
          expected[f]![c]! -=
            (rate * classWeights[labels[i]!]! * x[f] * (e / sum - Number(c === labels[i]))) / total;
        }
      }
    }
    assertNear(valuesOf(trained), expected.flat(), 1e-6, 'w');
  });

  it('penalty: l2(s) adds 2 s w to it, once however many workers and batches there are', async () => {
    const strength = 0.4;
    const expected = stepped(
      start,
      gradientAt(start).map((g, i) => g + 2 * strength * start[i]!),
    );
    assertNear((await fitted({ penalty: l2(strength) })).values, expected, 1e-6, 'w');
    const added = await fitted({ penalty: l2(strength), batchSize: 2, accumulate: 2 });
    assertNear(added.values, expected, 1e-6, 'accumulated');
  });

  it('average: keeps decay average + (1 - decay) w, from the first w on', async () => {
    const decay = 0.6;
    let w = start;
    let average = start;
    for (let step = 0; step < 4; step++) {
      w = stepped(w, gradientAt(w));
      average = average.map((mean, i) => decay * mean + (1 - decay) * w[i]!);
    }
    assertNear((await fitted({ average: decay, epochs: 4 })).values, average, 1e-6, 'average');
    assertNear((await fitted({ epochs: 4 })).values, w, 1e-6, 'w');
  });
});
