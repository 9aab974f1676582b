import '../../train/node.js';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { openModel } from '../../saved/openModel.js';
import { epochsFor, textNetworks } from './models.js';
import { fitNaiveBayes, predictNaiveBayes } from './naiveBayes.js';
import { openTextClassifier } from './prediction.js';
import { generateReviews } from './reviews.js';
import { holdOutTexts, labelsOf, openTexts, targetsOf } from './texts.js';
import { trainTextClassifier } from './train.js';

describe('naive Bayes', () => {
  it('gives the numbers of the worked example in Manning, Raghavan and Schütze (2008), table 13.1', () => {
    // Chinese 4, Beijing 5, Shanghai 6, Macao 7, Tokyo 8, Japan 9; class 0 is China
    const sequences = [
      [4, 5, 4],
      [4, 4, 6],
      [4, 7],
      [8, 9, 4],
    ];
    const texts = { sequences, targets: [0, 0, 0, 1], truncated: 0 };
    const bayes = fitNaiveBayes(texts, { vocabulary: 10, classes: 2 });
    const likely = (id: number, c: number): number => Math.exp(Number(bayes.scores.data[2 * id + c]));
    const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
    near(Math.exp(bayes.priors.data[0]!), 3 / 4);
    near(likely(4, 0), 3 / 7);
    near(likely(8, 0), 1 / 14);
    near(likely(4, 1), 2 / 9);
    near(likely(9, 1), 2 / 9);
    assert.deepEqual(predictNaiveBayes(bayes, [[4, 4, 4, 8, 9]]), [0]);
  });
});

describe('epochsFor', () => {
  it('goes more often through small data, within bounds', () => {
    const cnn = textNetworks['text-cnn'];
    assert.deepEqual(
      [1, 29, 40, 139, 1000].map((stepsPerEpoch) => epochsFor(cnn, stepsPerEpoch)),
      [20, 20, 15, 5, 5],
    );
    assert.equal(epochsFor(textNetworks.transformer, 1), 5);
  });
});

describe('labelled texts', () => {
  it('are held out by label, and labels are checked', () => {
    const { train, held } = holdOutTexts(generateReviews(40), 0.25);
    assert.deepEqual(
      held.map(({ line }) => line),
      [7, 8, 15, 16, 23, 24, 31, 32, 39, 40],
    );
    assert.equal(train.length, 30);
    assert.throws(
      () => labelsOf([{ text: 'a', label: 'x', file: 'f', line: 1 }], 'f'),
      /f: every text has the label 'x'/,
    );
    assert.throws(
      () => targetsOf([{ text: 'a', label: 'z', file: 'f', line: 7 }], ['x', 'y']),
      /^Error: f:7: the label 'z' was not seen in training\. Labels: x, y\.$/,
    );
  });
});

async function assertPaddingChangesNothing(directory: string): Promise<void> {
  const model = await openModel(directory);
  const run = async (ids: number[]) =>
    (await model.run({ input_ids: NdArray.of('int32', [1, ids.length], ids) })).probabilities!.toNumbers();
  const [short, padded] = [await run([9, 12, 5]), await run([9, 12, 5, 0, 0, 0, 0])];
  for (const [i, value] of short.entries())
    assert.ok(Math.abs(value - padded[i]!) < 1e-6, `padding changes ${value} to ${padded[i]}`);
  await model.release();
}

describe('a classifier of texts', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-texts-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('learns the generated reviews better than counting, and predicts from raw text in two languages', async () => {
    const out = join(folder, 'reviews');
    const { metrics } = await trainTextClassifier({
      data: 'reviews',
      out,
      epochs: 5,
      learningRate: 2e-3,
      seed: 1,
    });
    assert.ok(
      metrics.accuracy! > 0.95 && metrics.accuracy! > metrics.naiveBayesAccuracy! + 0.05,
      JSON.stringify(metrics),
    );
    const model = await openTextClassifier(out);
    const best = async (text: string): Promise<string> => (await model.predict(text))[0]!.label;
    assert.equal(await best('The music is truly wonderful.'), 'positive');
    assert.equal(await best('剧情非常无聊。'), 'negative');
    await assert.rejects(model.predict(' '), /is empty/);
    await model.release();

    await assertPaddingChangesNothing(out);
  });

  it('bilstm learns the generated reviews, and the saved folder gives what the training measured', async () => {
    const data = join(folder, 'reviews.jsonl');
    const lines = generateReviews(500, 2).map(({ text, label }) => JSON.stringify({ text, label }));
    await writeFile(data, lines.join('\n'));
    const out = join(folder, 'bilstm');
    const options = { data, out, model: 'bilstm', epochs: 6, batchSize: 20, learningRate: 5e-3 };
    const { metrics } = await trainTextClassifier({ ...options, seed: 1 });
    assert.ok(metrics.accuracy! > 0.9, JSON.stringify(metrics));
    const { train } = await openTexts({ data });
    const { held } = holdOutTexts(train, 0.2);
    const model = await openTextClassifier(out);
    const predicted = await Promise.all(held.map(async ({ text }) => (await model.predict(text))[0]!.label));
    const right = predicted.filter((label, i) => label === held[i]!.label);
    assert.equal(right.length / held.length, metrics.accuracy);
    await model.release();
    await assertPaddingChangesNothing(out);
  });
});
