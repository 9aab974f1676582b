import assert from 'node:assert/strict';
import { access, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import sharp from 'sharp';
import { Dataset } from '../../data/dataset.js';
import { idxFiles, idxFolder, type LabelledImage } from '../../data/idx.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { entries } from '../../graph/tree.js';
import {
  conv2d,
  crossEntropy,
  dense,
  fit,
  flatten,
  globalAveragePool,
  openModel,
  sequential,
  sgd,
  type TrainedModel,
} from '../../index.js';
import { assertNear } from '../../testing/compare.js';
import { load } from '../../train/save.js';
import { bars, temporaryFolder, valuesOf } from '../../train/testing.js';
import type { TrainEvent } from '../events.js';
import { evaluateImageClassifier, predictImages, trainImageClassifier } from './index.js';

const data = process.env.MODELWRIGHT_DATA;
const skip = data ? false : 'MODELWRIGHT_DATA is not set';

/** Writes the first examples of a dataset as a pair of IDX files, not gzipped. */
async function writeIdx(
  folder: string,
  names: { images: string; labels: string },
  dataset: Dataset<LabelledImage>,
): Promise<void> {
  const images = Buffer.alloc(16 + dataset.length * 784);
  const labels = Buffer.alloc(8 + dataset.length);
  for (const [i, word] of [0x803, dataset.length, 28, 28].entries()) images.writeUInt32BE(word, 4 * i);
  for (const [i, word] of [0x801, dataset.length].entries()) labels.writeUInt32BE(word, 4 * i);
  let position = 0;
  for await (const { input, target } of dataset) {
    images.set(input.data as Uint8Array, 16 + 784 * position);
    labels[8 + position++] = target.item();
  }
  await writeFile(join(folder, names.images), images);
  await writeFile(join(folder, names.labels), labels);
}

/** A folder of noisy pictures, mostly of one colour a class, no two of a size. */
async function colours(
  test: TestContext,
  counts: Readonly<Record<string, number>> = { blue: 10, green: 10, red: 10 },
): Promise<string> {
  const folder = join(await temporaryFolder(test), 'colours');
  const random = new Random(3);
  for (const [channel, [name, count]] of Object.entries(counts).entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const [width, height] = [16 + i, 30 - i];
      const pixels = Uint8Array.from(
        { length: 3 * width * height },
        (_, p) => random.integer(0, 80) + (p % 3 === channel ? 120 : 0),
      );
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
  return folder;
}

describe('classifying pictures of a folder', () => {
  it('trains, evaluates and predicts alike on pictures of any size', async (test) => {
    const folder = await colours(test);
    const out = join(await temporaryFolder(test), 'model');
    const events: TrainEvent[] = [];
    const trained = await trainImageClassifier({
      data: folder,
      out,
      imageSize: 16,
      epochs: 8,
      batchSize: 6,
      onEvent: (event) => events.push(event),
    });
    assert.deepEqual(events[0], {
      kind: 'start',
      model: 'small-cnn',
      parameters: events[0]!.kind === 'start' ? events[0]!.parameters : 0,
      classes: ['blue', 'green', 'red'],
      examples: { train: 24, validation: 6 },
      epochs: 8,
      stepsPerEpoch: 4,
      batchSize: 6,
    });
    assert.equal(events.filter(({ kind }) => kind === 'step').length, 32);
    assert.equal(events.filter(({ kind }) => kind === 'epoch').length, 8);
    const measured = await evaluateImageClassifier({ model: out, data: folder });
    assert.equal(measured.examples, 30);
    const model = await openModel(out);
    const files = ['blue', 'green', 'red'].flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => join(folder, name, `${i}.png`)),
    );
    const predictions = await predictImages(model, files);
    const matrix = [0, 1, 2].map(() => [0, 0, 0]);
    for (const [i, [best]] of predictions.entries())
      matrix[Math.floor(i / 10)]![measured.labels!.indexOf(best!.label)]! += 1;
    assert.deepEqual(matrix, measured.confusionMatrix);
    assertNear(
      [(matrix[0]![0]! + matrix[1]![1]! + matrix[2]![2]!) / 30],
      [measured.metrics.accuracy!],
      1e-6,
      'accuracy',
    );
    assert.ok(trained.metrics.accuracy! > 0.8, `accuracy ${trained.metrics.accuracy}`);
    assertNear(
      [predictions[0]!.reduce((sum, { probability }) => sum + probability, 0)],
      [1],
      1e-5,
      'probabilities',
    );
    assert.deepEqual(await readdir(join(out, '..')), ['model']);
    await model.release();
  });

  it('names and counts files that are no pictures, and trains on the others', async (test) => {
    const folder = await colours(test, { blue: 6, red: 6 });
    const whole = await sharp({ create: { width: 60, height: 60, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, 'red', 'cut.jpg'), whole.subarray(0, whole.length / 2));
    await writeFile(join(folder, 'blue', 'empty.png'), '');
    await writeFile(join(folder, 'blue', 'notes.txt'), 'not a picture');
    const notes: string[] = [];
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'note') notes.push(event.text);
      if (event.kind === 'start') assert.equal(event.examples.train + event.examples.validation, 12);
    };
    await trainImageClassifier({
      data: folder,
      out: join(folder, '..', 'model'),
      imageSize: 16,
      epochs: 1,
      onEvent,
    });
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /^3 file\(s\) left out: /);
    for (const file of ['cut.jpg', 'empty.png', 'notes.txt'])
      assert.ok(notes[0]!.includes(file), `${file} in ${notes[0]}`);
  });

  it('refuses a class without pictures, and data that is not there or not of this kind, before training', async (test) => {
    const folder = await colours(test, { blue: 3, red: 3 });
    const out = join(folder, '..', 'model');
    await mkdir(join(folder, 'green'));
    await writeFile(join(folder, 'green', 'broken.png'), 'nothing');
    await assert.rejects(
      trainImageClassifier({ data: folder, out }),
      /no picture in the class folder green.*broken\.png/s,
    );
    await assert.rejects(
      trainImageClassifier({ data: join(folder, 'nowhere'), out }),
      /There is no folder '.*nowhere', and no data set of that name\. Known data sets: .*mnist/,
    );
    await assert.rejects(
      trainImageClassifier({ data: join(folder, 'blue'), out }),
      /has no class folders\. Put the pictures of each class into a folder/,
    );
    await assert.rejects(
      trainImageClassifier({ data: 'digits', model: 'huge', out }),
      /There is no network 'huge'\. There is .*small-cnn/,
    );
    await assert.rejects(
      trainImageClassifier({ data: 'digits', out: folder }),
      /is not empty and holds no saved model/,
    );
    await assert.rejects(access(out));
  });

  it('trains on a handful too, with nothing held out', async (test) => {
    const folder = await colours(test, { blue: 3, red: 3 });
    const out = join(folder, '..', 'model');
    const { metrics } = await trainImageClassifier({ data: folder, out, imageSize: 16, epochs: 1 });
    assert.deepEqual(Object.keys(metrics), ['loss', 'accuracy']);
  });

  it('does not measure on pictures of other classes or channels', async (test) => {
    const folder = await colours(test, { blue: 3, red: 3 });
    const out = join(folder, '..', 'model');
    await trainImageClassifier({ data: folder, out, imageSize: 16, epochs: 1 });
    await assert.rejects(
      evaluateImageClassifier({ model: out, data: 'digits' }),
      /The pictures of digits have 1 channels, but the model takes 3/,
    );
    const grey = join(folder, '..', 'grey');
    const rows = await fit(
      sequential(flatten(), dense(3)),
      bars(6).withClassNames(['top', 'middle', 'bottom']),
      {
        loss: crossEntropy,
        optimizer: sgd(0.1),
        progress: false,
      },
    );
    await rows.save(grey);
    await assert.rejects(
      evaluateImageClassifier({ model: grey, data: 'digits' }),
      /The classes of digits are 0, 1, .*, 9, but the model tells apart top, middle, bottom/,
    );
    await mkdir(join(folder, 'yellow'));
    await assert.rejects(
      evaluateImageClassifier({ model: out, data: folder }),
      /folders that are no known class: yellow\. Known: blue, red/,
    );
  });

  it('stopped and resumed, ends where it would have without', async (test) => {
    const folder = await colours(test, { blue: 8, red: 8 });
    const parent = await temporaryFolder(test);
    const settings = { data: folder, imageSize: 16, epochs: 3, batchSize: 4, seed: 2 };
    const stop = new AbortController();
    let steps = 0;
    const onEvent = ({ kind }: TrainEvent): void => {
      if (kind === 'step' && ++steps === 5) stop.abort();
    };
    const out = join(parent, 'stopped');
    const stopped = await trainImageClassifier({ ...settings, out, onEvent, signal: stop.signal });
    assert.equal(stopped.epochs, 1);
    await trainImageClassifier({ ...settings, out, resume: true });
    await trainImageClassifier({ ...settings, out: join(parent, 'whole') });
    assert.deepEqual(valuesOf(await load(out)), valuesOf(await load(join(parent, 'whole'))));
    assert.deepEqual((await readdir(parent)).sort(), ['stopped', 'whole']);
  });
});

describe('starting from a network that was trained before', () => {
  const byName = ({ variables: { parameters, state } }: TrainedModel): Record<string, number[]> =>
    Object.fromEntries(
      [...entries<NdArray>(parameters), ...entries<NdArray>(state)].map(([name, array]) => [
        name,
        array.toNumbers(),
      ]),
    );

  it('replaces the last layer, freezes, unfreezes, and says what does not go together', async (test) => {
    const [folder, parent] = [await colours(test), await temporaryFolder(test)];
    const [base, out] = [join(parent, 'base'), join(parent, 'out')];
    await trainImageClassifier({ data: folder, out: base, model: 'mlp', imageSize: 16, epochs: 1 });
    const others = await colours(test, { bright: 6, dark: 6 });
    const result = await trainImageClassifier({ data: others, out, from: base, freeze: ['*'], epochs: 2 });
    assert.equal(result.model, 'from base');
    const [before, after] = [await load(base), await load(out)];
    assert.deepEqual(after.classNames, ['bright', 'dark']);
    assert.deepEqual(after.batchTypes.input!.shape.slice(1), [3, 16, 16]);
    const [old, now] = [byName(before), byName(after)];
    const changed = Object.keys(now).filter((name) => String(now[name]) !== String(old[name]));
    assert.deepEqual(changed, ['3.weight', '3.bias']);
    await trainImageClassifier({
      data: others,
      out,
      from: base,
      freeze: ['*'],
      unfreezeAfter: 1,
      learningRateOf: [['*', 0.5]],
      epochs: 2,
    });
    const freed = byName(await load(out));
    assert.notEqual(String(freed['1.weight']), String(old['1.weight']));
    const both = { data: others, out, from: base, model: 'mlp' };
    await assert.rejects(trainImageClassifier(both), /leave out the model 'mlp'/);
    await assert.rejects(trainImageClassifier({ data: others, out, freeze: '*' }), /freeze is for a network/);
    await assert.rejects(
      trainImageClassifier({ data: others, out, from: base, freeze: '99' }),
      /'99.*fits no parameter/,
    );
  });

  it('takes a classifier from an ONNX file, and makes pictures grey for one that wants them so', async (test) => {
    const [folder, parent] = [await colours(test), await temporaryFolder(test)];
    const network = sequential(conv2d(4, 3), globalAveragePool(), dense(5));
    const examples = Array.from({ length: 4 }, (_, i) => ({
      input: NdArray.of('float32', [1, 8, 8], new Float32Array(64).fill(i)),
      target: NdArray.from(i, 'int32'),
    }));
    const options = { loss: crossEntropy, optimizer: sgd(0.1), progress: false };
    const trained = await fit(network, Dataset.from(examples), options);
    const file = join(parent, 'network.onnx');
    await writeFile(file, trained.export().onnx);
    const out = join(parent, 'out');
    await trainImageClassifier({ data: folder, out, from: file, epochs: 1 });
    const after = await load(out);
    assert.deepEqual(after.batchTypes.input!.shape.slice(1), [1, 8, 8]);
    assert.deepEqual(Object.keys(byName(after)).sort(), ['0.0.bias', '0.0.weight', '1.bias', '1.weight']);
    assert.equal((await evaluateImageClassifier({ model: out, data: folder })).examples, 30);
  });
});

describe('classifying real pictures', { skip }, () => {
  it('MNIST, 600 of it: what training measured is what evaluating and predicting give', async (test) => {
    const folder = await temporaryFolder(test);
    const { train, test: held } = await idxFolder(join(data!, 'mnist'));
    await writeIdx(folder, idxFiles.train, train.take(600));
    await writeIdx(folder, idxFiles.test, held.take(100));
    const out = join(folder, 'model');
    const { metrics, model: name } = await trainImageClassifier({ data: folder, out, epochs: 3 });
    assert.equal(name, 'digits-cnn');
    assert.ok(metrics.accuracy! > 0.75, `accuracy ${metrics.accuracy}`);
    const evaluated = await evaluateImageClassifier({ model: out, data: folder, batchSize: 16 });
    assert.equal(evaluated.examples, 100);
    assertNear(
      [evaluated.metrics.accuracy!, evaluated.metrics.loss!],
      [metrics.accuracy!, metrics.loss!],
      1e-5,
      'metrics',
    );
    const model = await openModel(out);
    let correct = 0;
    for await (const { input, target } of held.take(100)) {
      const png = await sharp(input.data as Uint8Array, { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toBuffer();
      const [best] = await predictImages(model, [png], { top: 1 });
      if (best![0]!.label === String(target.item())) correct++;
    }
    assertNear([correct / 100], [metrics.accuracy!], 1e-6, 'share of correct predictions');
    await model.release();
  });

  it('photographs of hands, some of them large', async (test) => {
    const folder = join(await temporaryFolder(test), 'signs');
    for (const name of ['0', '1', '5']) {
      await mkdir(join(folder, name), { recursive: true });
      const files = (await readdir(join(data!, 'sign-digits', name))).sort().slice(0, 15);
      for (const file of files) await cp(join(data!, 'sign-digits', name, file), join(folder, name, file));
    }
    const out = join(folder, '..', 'model');
    const { metrics } = await trainImageClassifier({
      data: folder,
      out,
      imageSize: 32,
      epochs: 12,
      batchSize: 12,
    });
    assert.ok(metrics.accuracy! > 0.5, `accuracy ${metrics.accuracy}`);
    const model = await openModel(out);
    const [file] = await readdir(join(folder, '5'));
    const [predicted] = await predictImages(model, [join(folder, '5', file!)]);
    const { label, probability } = predicted![0]!;
    assert.ok(['0', '1', '5'].includes(label) && probability > 1 / 3, `${label}: ${probability}`);
    await model.release();
  });
});
