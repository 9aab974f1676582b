import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { flip } from '../../data/image-ops.js';
import { encodePng } from '../../data/images.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { openModel } from '../../saved/openModel.js';
import { assertNear } from '../../testing/compare.js';
import { temporaryFolder } from '../../train/testing.js';
import type { TrainEvent } from '../events.js';
import { Gallery } from './gallery.js';
import { evaluateImageSimilarity, openImageSimilarity, trainImageSimilarity } from './index.js';
import { splitByClass } from './pictures.js';
import { galleryFiles } from './savedGallery.js';

/** Noisy pictures, each class of a colour of its own. */
async function colours(test: TestContext, classes: number, each = 6): Promise<string> {
  const folder = join(await temporaryFolder(test), 'colours');
  const random = new Random(2);
  for (let name = 0; name < classes; name++) {
    const angle = (2 * Math.PI * name) / classes;
    const colour = [0, 2, 4].map((turn) => 110 + 90 * Math.cos(angle + turn));
    await mkdir(join(folder, `c${name + 1}`), { recursive: true });
    for (let i = 0; i < each; i++) {
      const image = new NdArray('uint8', [3, 12, 10 + i]);
      for (let p = 0; p < image.size; p++) {
        image.data[p] = colour[Math.floor((3 * p) / image.size)]! + random.uniform(-30, 30);
      }
      await writeFile(join(folder, `c${name + 1}`, `${i}.png`), await encodePng(image));
    }
  }
  return folder;
}

const settings = {
  model: 'mlp',
  imageSize: 8,
  epochs: 6,
  classesPerBatch: 4,
  dimensions: 8,
  seed: 1,
} as const;

describe('comparing pictures', () => {
  for (const loss of ['triplet', 'arcface']) {
    it(`learns by ${loss} from some classes, and is measured on others`, async (test) => {
      const data = await colours(test, 12);
      const out = join(data, '..', 'model');
      const events: TrainEvent[] = [];
      const trained = await trainImageSimilarity({
        ...settings,
        data,
        out,
        loss,
        validationSplit: 0.25,
        onEvent: (event) => events.push(event),
      });
      const start = events.find(({ kind }) => kind === 'start');
      assert.ok(start?.kind === 'start');
      // By number, c12 comes after c9.
      assert.deepEqual(start.classes, ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'].sort());
      assert.deepEqual(start.examples, { train: 54, validation: 18 });
      assert.ok(trained.metrics.equalErrorRate! < 0.2, `equal error rate ${trained.metrics.equalErrorRate}`);
      assert.ok(trained.metrics.recallAt1! > 0.9, `recall ${trained.metrics.recallAt1}`);
      const last = events.findLast(({ kind }) => kind === 'epoch');
      assert.ok(last?.kind === 'epoch');
      assert.deepEqual(last.record.validation, trained.metrics);
      assert.deepEqual((await readdir(out)).filter((name) => /^(roc|gallery)/.test(name)).sort(), [
        'gallery.safetensors',
        'roc.svg',
      ]);

      const measured = await evaluateImageSimilarity({ model: out, data });
      assert.deepEqual(measured.classes, { measured: 3, seen: 0 });
      assert.deepEqual(measured.metrics, trained.metrics);

      const model = await openImageSimilarity(out);
      const [a, b] = await Promise.all(
        ['c11/0.png', 'c11/3.png'].map((name) => model.embed(join(data, name))),
      );
      assertNear([Math.hypot(...a!)], [1], 1e-5, 'length');
      const { similarity } = model.compare(a!, b!);
      const [nearest] = await model.nearest(join(data, 'c11/0.png'), 1);
      assert.equal(nearest!.name, 'c11/0.png');
      assertNear([nearest!.similarity], [1], 1e-4, 'similarity to itself');
      assert.ok(similarity > model.compare(a!, await model.embed(join(data, 'c5/1.png'))).similarity);
      await model.release();
    });
  }

  it('takes a picture and its mirror image alike, in any light, where that is asked for', async (test) => {
    const data = await colours(test, 5);
    const out = join(data, '..', 'model');
    const options = { data, out, normalize: true, mirrorMean: true, loss: 'arcface', scale: 10 } as const;
    const trained = await trainImageSimilarity({ ...settings, ...options, classesPerBatch: 3, epochs: 2 });
    assert.deepEqual((await evaluateImageSimilarity({ model: out, data })).metrics, trained.metrics);
    const picture = new NdArray('uint8', [3, 8, 8]);
    const random = new Random(4);
    for (let i = 0; i < picture.size; i++) picture.data[i] = random.integer(0, 100);
    const model = await openImageSimilarity(out);
    const embed = ({ data: values }: NdArray): Promise<Float32Array> =>
      model.embedPixels(NdArray.of('uint8', [1, 3, 8, 8], values as Uint8Array));
    const own = await embed(picture);
    assertNear(await embed(flip(picture, 'horizontal')), own, 1e-5, 'mirrored');
    const brighter = NdArray.of(
      'uint8',
      [3, 8, 8],
      picture.data.map((value) => 2 * value + 30),
    );
    assertNear(await embed(brighter), own, 1e-3, 'brighter');
    assert.ok(model.compare(own, await embed(flip(picture, 'vertical'))).similarity < 0.99);
    await model.release();
  });

  it('fits its last layer anew by the discriminant, with classes that are made up, the same way each time', async (test) => {
    const data = await colours(test, 10);
    const [out, again] = ['model', 'again'].map((name) => join(data, '..', name)) as [string, string];
    const options = {
      ...{
        ...settings,
        data,
        dimensions: undefined,
        epochs: 1,
        loss: 'arcface',
        mirrorMean: true,
        turn: 0.2,
      },
      ...{ discriminant: true, madeUpClasses: 1, heldOutClasses: ['c4', 'c9', 'c10'] },
    };
    const { metrics } = await trainImageSimilarity({ ...options, out });
    assert.ok(metrics.equalErrorRate! < 0.1, `equal error rate ${metrics.equalErrorRate}`);
    assert.deepEqual((await evaluateImageSimilarity({ model: out, data })).metrics, metrics);
    assert.deepEqual((await trainImageSimilarity({ ...options, out: again })).metrics, metrics);
    const runnable = await openModel(out);
    // Of seven classes and as many that are made up.
    assert.deepEqual(runnable.config.outputs[0]!.shape, ['batch', 13]);
    await runnable.release();
  });

  it('finds pictures in another folder, and says which of its files are none', async (test) => {
    const data = await colours(test, 5);
    const out = join(data, '..', 'model');
    const gallery = join(data, 'c2');
    await writeFile(join(gallery, 'broken.png'), 'nothing');
    const notes: string[] = [];
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'note') notes.push(event.text);
    };
    await trainImageSimilarity({ ...settings, classesPerBatch: 3, epochs: 1, data, out, gallery, onEvent });
    assert.ok(
      notes.some((text) => /Left out of the gallery: .*broken\.png/.test(text)),
      notes.join('\n'),
    );
    const model = await openImageSimilarity(out);
    assert.equal(model.gallery.names.length, 6);
    const skipped: string[] = [];
    const all = await model.openGallery(data, (reason) => skipped.push(reason));
    assert.equal(all.names.length, 30);
    assert.match(skipped.join(), /broken\.png/);
    assert.equal((await model.nearest(join(data, 'c4/2.png'), 3, all))[0]!.name, 'c4/2.png');
    await assert.rejects(model.openGallery(join(data, 'nowhere')), /cannot be read as a folder/);
    await model.release();
    const runnable = await openModel(out);
    assert.deepEqual(runnable.config.outputs, [{ name: 'embedding', dtype: 'float32', shape: ['batch', 8] }]);
    await runnable.release();
    const narrow = new Gallery(['a'], new NdArray('float32', [1, 3]));
    const { 'gallery.safetensors': other } = await galleryFiles(narrow);
    await writeFile(join(out, 'gallery.safetensors'), other!);
    await assert.rejects(openImageSimilarity(out), /has embeddings of 3 numbers, but the model makes 8/);
    await rm(join(out, 'gallery.safetensors'));
    await assert.rejects(openImageSimilarity(out), /has no gallery\.safetensors/);
  });

  it('goes on after an interruption as though there had been none', async (test) => {
    const data = await colours(test, 8);
    const [whole, broken] = ['whole', 'broken'].map((name) => join(data, '..', name)) as [string, string];
    const uninterrupted = await trainImageSimilarity({ ...settings, data, out: whole });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'step' && event.epoch === 3 && event.step === 1) stop.abort();
    };
    await trainImageSimilarity({ ...settings, data, out: broken, onEvent, signal: stop.signal });
    const resumed = await trainImageSimilarity({ ...settings, data, out: broken, resume: true });
    assert.deepEqual(resumed.metrics, uninterrupted.metrics);
    assert.equal(resumed.epochs, 6);
  });

  it('holds out the classes that are named, or those below test/', async (test) => {
    const data = await colours(test, 6);
    const named = await splitByClass(data, { imageSize: 8, heldOutClasses: ['c1', 'c3'] });
    assert.deepEqual(named.heldClasses, ['c1', 'c3']);
    assert.deepEqual(named.trainClasses, ['c2', 'c4', 'c5', 'c6']);
    assert.deepEqual([...new Set(await named.train.labels())], [0, 1, 2, 3]);
    await assert.rejects(splitByClass(data, { heldOutClasses: ['c1', 'c9'] }), /no class c9/);
    await assert.rejects(splitByClass(data, { heldOutClasses: ['c1'] }), /has 1 class/);
    await assert.rejects(splitByClass(data, { validationSplit: 0.7 }), /between 0 and 0.5/);
    const parts = join(data, '..', 'parts');
    for (const [part, names] of [
      ['train', ['c1', 'c2']],
      ['test', ['c4', 'c5', 'c6']],
    ] as const) {
      await mkdir(join(parts, part), { recursive: true });
      for (const name of names) {
        await mkdir(join(parts, part, name));
        await writeFile(join(parts, part, name, '1.png'), await encodePng(new NdArray('uint8', [3, 4, 4])));
      }
    }
    const split = await splitByClass(parts, { imageSize: 8 });
    assert.deepEqual(
      [split.trainClasses, split.heldClasses],
      [
        ['c1', 'c2'],
        ['c4', 'c5', 'c6'],
      ],
    );
  });

  it('takes from a preset what is not said', async (test) => {
    const data = await colours(test, 5, 3);
    const out = join(data, '..', 'model');
    await trainImageSimilarity({
      data,
      out,
      preset: 'faces',
      imageSize: 16,
      madeUpClasses: 1,
      seed: undefined,
    });
    const model = await openModel(out);
    await model.release();
    const { inputs, outputs } = model.config;
    // Grey pictures of the size that was said; three classes were learnt from, and one was made up of each.
    assert.deepEqual(inputs[0]!.shape.slice(0, 2), ['batch', 1]);
    assert.deepEqual(outputs[0]!.shape, ['batch', 5]);
    const card = await readFile(join(out, 'README.md'), 'utf8');
    assert.match(card, /pictures of 16 x 16 pixels.*the network gradient-histograms/);
  });

  it('says what is wrong before it trains', async (test) => {
    const data = await colours(test, 4, 2);
    const out = join(data, '..', 'model');
    const refused = (more: object, message: RegExp): Promise<void> =>
      assert.rejects(trainImageSimilarity({ ...settings, data, out, classesPerBatch: 2, ...more }), message);
    await refused({ loss: 'contrastive' }, /no loss 'contrastive'.*triplet and arcface/);
    await refused({ preset: 'cars' }, /no preset 'cars'. There is faces/);
    await refused({ index: 'tree' }, /no index 'tree' for galleries. There is exact and hnsw/);
    await refused({ mining: 'all' }, /no mining 'all'/);
    await refused({ model: 'vgg' }, /no network 'vgg'/);
    await refused({ imagesPerClass: 1 }, /at least 2 pictures/);
    await refused({ madeUpClasses: 2 }, /made up for the discriminant alone/);
    await refused({ discriminant: true, dimensions: 2 }, /of 2 classes has 1 dimensions at most/);
    await refused({ classesPerBatch: 5 }, /2 to 2 of the training's classes/);
    await refused({ data: join(data, 'nowhere') }, /no folder/);
    assert.deepEqual(await readdir(join(data, '..')), ['colours']);
  });
});
