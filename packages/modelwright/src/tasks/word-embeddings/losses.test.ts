import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { Tensor } from '../../graph/tensor.js';
import { compile } from '../../runtime/compile.js';
import { referenceRuntime } from '../../runtime/referenceRuntime.js';
import { gradients } from '../../transforms/grad.js';
import { cbowLoss, gloveLoss, type SummedLoss, skipGramLoss } from './losses.js';

type Batch = Readonly<Record<string, NdArray>>;
type Loss = (words: Tensor, contexts: Tensor, batch: never) => SummedLoss;

const [rows, dimensions, negatives] = [5, 3, 4];

/** A table of random vectors, float64. */
function table(seed: number, width = dimensions): NdArray<'float64'> {
  const random = new Random(seed);
  return NdArray.of(
    'float64',
    [rows, width],
    Array.from({ length: rows * width }, () => random.normal()),
  );
}

/** The loss, its number of terms, and its gradients with respect to both tables. */
async function run(loss: Loss, words: NdArray, contexts: NdArray, batch: Batch) {
  const graph = compile(
    (w: Tensor, c: Tensor, b: Readonly<Record<string, Tensor>>) => {
      const { total, terms } = loss(w, c, b as never);
      return [total, terms, ...gradients(total, [w, c])];
    },
    { runtime: referenceRuntime },
  );
  const [total, terms, ofWords, ofContexts] = (await graph(words, contexts, batch)) as NdArray[];
  return {
    total: total!.item(),
    terms: terms!.item(),
    gradients: [ofWords!.toNumbers(), ofContexts!.toNumbers()],
  };
}

const row = (x: NdArray, index: number): number[] =>
  x.toNumbers().slice(index * x.shape[1]!, (index + 1) * x.shape[1]!);
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const logSigmoid = (x: number): number => -Math.log1p(Math.exp(-x));
const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * (1 + Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

/** Two stretches of four words; the second has two sentences and a place without a word. */
const stretches = {
  tokens: NdArray.from(
    [
      [0, 1, 2, 1],
      [3, 4, 0, 0],
    ],
    'int32',
  ),
  radii: NdArray.from(
    [
      [1, 2, 1, 0],
      [1, 1, 2, 0],
    ],
    'int32',
  ),
  sentences: NdArray.from(
    [
      [0, 0, 0, 0],
      [1, 1, 2, -1],
    ],
    'int32',
  ),
  noise: NdArray.from([4, 2, 2], 'int32'),
};

/** Windows by hand: a word, and the words in its window. The third word of the second stretch is alone in its sentence. */
const windows: [number, number[]][] = [
  [0, [1]],
  [1, [0, 2, 1]],
  [2, [1, 1]],
  [3, [4]],
  [4, [3]],
];

/** K times the mean over the noise words. */
const noiseTerm = (vector: number[], contexts: NdArray): number =>
  (negatives / 3) * [4, 2, 2].reduce((sum, word) => sum - logSigmoid(-dot(vector, row(contexts, word))), 0);

function skipGramByHand(words: NdArray, contexts: NdArray): number {
  let loss = 0;
  for (const [centre, around] of windows) {
    for (const other of around) {
      loss -= logSigmoid(dot(row(words, centre), row(contexts, other)));
      loss += noiseTerm(row(words, centre), contexts);
    }
  }
  return loss;
}

function cbowByHand(words: NdArray, contexts: NdArray): number {
  let loss = 0;
  for (const [centre, around] of windows) {
    const mean = row(words, 0).map(
      (_, i) => around.reduce((sum, word) => sum + row(words, word)[i]!, 0) / around.length,
    );
    loss += noiseTerm(mean, contexts) - logSigmoid(dot(mean, row(contexts, centre)));
  }
  return loss;
}

const pairs = {
  first: NdArray.from([0, 3, 3, 0], 'int32'),
  second: NdArray.from([1, 2, 3, 0], 'int32'),
  logCounts: NdArray.from([0, 1.5, 2, 0], 'float64'),
  weights: NdArray.from([0.3, 1, 0.7, 0], 'float64'),
};

function gloveByHand(words: NdArray, contexts: NdArray): number {
  let loss = 0;
  for (const [i, weight] of pairs.weights.data.entries()) {
    const [w, c] = [row(words, pairs.first.data[i]!), row(contexts, pairs.second.data[i]!)];
    const score = dot(w.slice(0, dimensions), c.slice(0, dimensions)) + w[dimensions]! + c[dimensions]!;
    loss += weight * (score - pairs.logCounts.data[i]!) ** 2;
  }
  return loss;
}

describe('losses of word embeddings', () => {
  const cases: [string, Loss, (words: NdArray, contexts: NdArray) => number, Batch, number, number][] = [
    ['skip-gram', (w, c, b) => skipGramLoss(w, c, b, negatives), skipGramByHand, stretches, dimensions, 8],
    ['CBOW', (w, c, b) => cbowLoss(w, c, b, negatives), cbowByHand, stretches, dimensions, 5],
    ['GloVe', gloveLoss, gloveByHand, pairs, dimensions + 1, 3],
  ];
  for (const [name, loss, byHand, batch, width, terms] of cases) {
    it(`${name}: the formula, and its gradient by central differences`, async () => {
      const tables = [table(1, width), table(2, width)] as const;
      const result = await run(loss, ...tables, batch);
      close(result.total, byHand(...tables), 1e-6);
      assert.equal(result.terms, terms);
      const step = 1e-5;
      for (const [side, { data }] of tables.entries()) {
        for (let i = 0; i < data.length; i++) {
          const value = data[i]!;
          data[i] = value + step;
          const above = byHand(...tables);
          data[i] = value - step;
          const below = byHand(...tables);
          data[i] = value;
          close(result.gradients[side]![i]!, (above - below) / (2 * step), 1e-5);
        }
      }
    });
  }
});
