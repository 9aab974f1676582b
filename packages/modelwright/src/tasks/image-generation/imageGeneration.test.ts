import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { encodePng } from '../../data/images.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { openModel } from '../../saved/openModel.js';
import { load } from '../../train/save.js';
import { temporaryFolder, valuesOf } from '../../train/testing.js';
import type { TrainEvent } from '../events.js';
import { evaluateImageGenerator, openImageGenerator, trainImageGenerator } from './index.js';
import { gridOf, seedsOf, walkOf } from './samples.js';

/** Noisy grey pictures of 8 x 8 pixels, bright in the upper or in the lower half. */
async function halves(test: TestContext, each = 24): Promise<string> {
  const folder = join(await temporaryFolder(test), 'halves');
  const random = new Random(8);
  for (const [half, name] of ['upper', 'lower'].entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < each; i++) {
      const image = new NdArray('uint8', [1, 8, 8]);
      for (let p = 0; p < 64; p++)
        image.data[p] = random.integer(0, 60) + (Math.floor(p / 32) === half ? 180 : 0);
      await writeFile(join(folder, name, `${i}.png`), await encodePng(image));
    }
  }
  return folder;
}

const settings = {
  imageSize: 8,
  channels: 1,
  width: 4,
  latent: 4,
  epochs: 2,
  batchSize: 8,
  average: 0.5,
  learningRate: 0.002,
  seed: 3,
} as const;

describe('making pictures', () => {
  it('comes closer to its pictures, and saves what makes more', async (test) => {
    const data = await halves(test);
    const out = join(data, '..', 'model');
    const events: TrainEvent[] = [];
    const trained = await trainImageGenerator({
      ...settings,
      data,
      out,
      epochs: 50,
      onEvent: (event) => events.push(event),
    });
    assert.ok(
      events.some((event) => event.kind === 'note' && /classifier to judge by: mlp/.test(event.text)),
    );
    const records = events.flatMap((event) => (event.kind === 'epoch' ? [event.record] : []));
    assert.deepEqual(Object.keys(records[0]!.train), ['loss', 'generatorLoss']);
    const distances = records.map(({ validation }) => validation!.frechetDistance!);
    assert.ok(distances.at(-1)! < distances[0]! / 2, `distances ${distances}`);
    assert.equal(trained.metrics.frechetDistance, distances.at(-1));
    assert.equal((await readdir(join(out, 'samples'))).length, 50);
    assert.deepEqual(await readdir(join(data, '..')), ['halves', 'model']);

    const generator = await openImageGenerator(out);
    assert.deepEqual(generator.labels, ['lower', 'upper']);
    const made = await generator.generate({ count: 4, seed: 5 });
    assert.deepEqual(
      made.map(({ label }) => label),
      ['lower', 'upper', 'lower', 'upper'],
    );
    for (const { image } of made) assert.deepEqual([image.dtype, ...image.shape], ['uint8', 1, 8, 8]);
    const [third] = (await generator.generate({ count: 3, seed: 5 })).slice(2);
    assert.deepEqual(third, made[2]);
    assert.notDeepEqual((await generator.generate({ count: 1, class: 'lower', seed: 6 }))[0], made[0]);
    await assert.rejects(generator.generate({ class: 'left' }), /no class 'left'. Classes: lower, upper/);
    assert.deepEqual((await generator.generateGrid({ count: 4 })).shape, [1, 17, 17]);
    await generator.release();

    const { metrics, examples } = await evaluateImageGenerator({ model: out, data });
    assert.equal(examples, 48);
    assert.deepEqual(Object.keys(metrics), ['frechetDistance', 'leastClassShare', 'accuracy']);
    const model = await openModel(out);
    assert.deepEqual(model.config.outputs, [{ name: 'image', dtype: 'uint8', shape: ['batch', 1, 8, 8] }]);
    await model.release();
  });

  it('goes on after an interruption as though there had been none', async (test) => {
    const data = await halves(test, 12);
    const [whole, broken] = ['whole', 'broken'].map((name) => join(data, '..', name)) as [string, string];
    const own = { ...settings, data, judge: false, stepsPerEpoch: 4, criticSteps: 2 } as const;
    await trainImageGenerator({ ...own, out: whole });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'step' && event.epoch === 2 && event.step === 1) stop.abort();
    };
    await trainImageGenerator({ ...own, out: broken, onEvent, signal: stop.signal });
    await trainImageGenerator({ ...own, out: broken, resume: true });
    assert.deepEqual(valuesOf(await load(broken)), valuesOf(await load(whole)));
    assert.equal((await readdir(join(broken, 'samples'))).length, 2);
  });

  for (const loss of ['wasserstein', 'non-saturating']) {
    it(`makes pictures of a folder without classes, by the ${loss} loss`, async (test) => {
      const data = join(await halves(test, 8), 'upper');
      const out = join(data, '..', '..', 'model');
      const { metrics } = await trainImageGenerator({ ...settings, data, out, loss, epochs: 1 });
      assert.deepEqual(Object.keys(metrics), loss === 'wasserstein' ? ['loss'] : ['loss', 'generatorLoss']);
      const generator = await openImageGenerator(out);
      assert.deepEqual(generator.labels, []);
      const [picture] = await generator.generate({ count: 1 });
      assert.equal(picture!.label, undefined);
      await assert.rejects(generator.generate({ class: 'upper' }), /told no class/);
      await generator.release();
      await assert.rejects(evaluateImageGenerator({ model: out, data }), /saved without a classifier/);
    });
  }

  it('says what is wrong before it trains', async (test) => {
    const data = await halves(test, 3);
    const out = join(data, '..', 'model');
    const refused = (more: object, message: RegExp): Promise<void> =>
      assert.rejects(trainImageGenerator({ ...settings, data, out, judge: false, ...more }), message);
    await refused({ loss: 'style' }, /no loss 'style'.*hinge, non-saturating, wasserstein/);
    await refused({ imageSize: 9 }, /size 9 is not 4, 5, 6 or 7 times a power of two/);
    await refused({ batchSize: 7 }, /6 pictures, fewer than a batch of 7/);
    await refused({ average: 1 }, /average must be at least 0 and below 1/);
    await refused({ data: join(data, 'upper'), conditional: true }, /only one class/);
    await refused({ judge: join(data, 'nowhere') }, /no such folder/);
  });
});

describe('a walk', () => {
  const ends = [7, 8].map((seed) => seedsOf(1, { latent: 3, seed }).latent.toNumbers());
  const walk = (labels: readonly number[] | number, towards = 8, together = 1) => {
    const { latent, label } = walkOf(labels, { latent: 3, seed: 7, towards, together });
    const numbers = latent.toNumbers();
    return {
      rows: Array.from({ length: latent.shape[0]! }, (_, i) => numbers.slice(3 * i, 3 * i + 3)),
      label,
    };
  };
  const close = (actual: readonly number[], expected: readonly number[]): void => {
    for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5);
  };
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const angle = (a: readonly number[], b: readonly number[]): number =>
    Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));

  it('leads from the first picture of a seed to the first of another, over the middle of their arc', () => {
    const { rows, label } = walk(3);
    assert.equal(label, undefined);
    close(rows[0]!, ends[0]!);
    close(rows[2]!, ends[1]!);
    const [from, to] = ends as [number[], number[]];
    const share = Math.sin(angle(from, to) / 2) / Math.sin(angle(from, to));
    close(
      rows[1]!,
      from.map((x, i) => share * (x + to[i]!)),
    );
  });

  it('takes a step a round of classes, and stays where both ends are one', () => {
    const { rows, label } = walk([0, 1, 0, 1], 8, 2);
    assert.deepEqual(label!.toNumbers(), [0, 1, 0, 1]);
    for (const i of [0, 1]) close(rows[i]!, ends[0]!);
    for (const i of [2, 3]) close(rows[i]!, ends[1]!);
    for (const row of walk(3, 7).rows) close(row, ends[0]!);
    close(walk(1).rows[0]!, ends[0]!);
  });
});

describe('a grid', () => {
  it('has pictures side by side, with a line between', () => {
    const pictures = NdArray.of('uint8', [3, 1, 1, 2], [1, 2, 3, 4, 5, 6]) as NdArray<'uint8'>;
    assert.deepEqual(gridOf(pictures, 2).shape, [1, 3, 5]);
    assert.deepEqual([...gridOf(pictures, 2).data], [1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0]);
  });
});
