import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { boxDataset, drawnShapes, encodePng, openDetection } from '../../data/index.js';
import { NdArray } from '../../graph/array.js';
import { imagePreprocessing } from '../../nn/layers/imagePreprocessing.js';
import { sequential } from '../../nn/layers/sequential.js';
import { fcosLoss, rcnnLoss } from '../../nn/losses/index.js';
import { fasterRcnn, fcos } from '../../nn/networks/index.js';
import { adam } from '../../optim/index.js';
import { openModel } from '../../saved/index.js';
import { fit, type TrainedModel } from '../../train/index.js';
import '../../train/node.js';
import { load } from '../../train/save.js';
import type { TrainEvent } from '../events.js';
import { framedImages, frameOf } from './images.js';
import { detectObjects, evaluateObjectDetector, trainObjectDetector } from './index.js';
import { measureDetector } from './measure.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-detection-'));
});
after(() => rm(folder, { recursive: true }));

const shapes = drawnShapes({ train: 8, test: 1, size: 64 });
const framed = framedImages(shapes.train, [64, 64], shapes.classNames);
const examples = boxDataset(framed, { maximumBoxes: 8 });

describe('fcos', () => {
  let trained: TrainedModel;
  before(async () => {
    const network = fcos({
      classes: 3,
      widths: [8, 16, 24, 32, 32],
      blocks: [1, 1, 1, 1],
      features: 24,
      tower: 1,
    });
    trained = await fit(
      sequential(imagePreprocessing({ mean: 0.5, std: 0.25 }), network),
      examples.repeat(80),
      {
        loss: fcosLoss,
        optimizer: adam(3e-3),
        batchSize: 8,
        workers: 1,
        progress: false,
      },
    );
  });

  it('learns a few drawn images by heart', async () => {
    const { metrics } = await measureDetector(trained, examples, {});
    assert.ok(metrics['mAP@0.5']! > 0.7, `mAP@0.5 is ${metrics['mAP@0.5']}`);
  });

  it('finds the same on an image of twice the size once it is saved, in pixels of that image', async () => {
    const out = join(folder, 'fcos');
    await trained.save(out);
    const model = await openModel(out);
    assert.equal(model.config.task, 'object-detection');
    const image = await shapes.train[0]!.read();
    const small = await detectObjects(model, await encodePng(image));
    const large = await detectObjects(model, await encodePng(doubled(image)));
    assert.ok(small.detections.length > 0);
    assert.deepEqual([large.width, large.height], [128, 128]);
    assert.equal(large.detections[0]!.label, small.detections[0]!.label);
    for (const [i, value] of small.detections[0]!.box.entries()) {
      assert.ok(Math.abs(large.detections[0]!.box[i]! - 2 * value) < 2);
    }
    assert.ok(small.detections.every(({ score }) => score >= 0.3));
    assert.ok((await small.draw()).length > 0);
    await model.release();
    const again = await measureDetector(await load(out), examples, {});
    assert.deepEqual(again.metrics, (await measureDetector(trained, examples, {})).metrics);
  });

  it('takes an image of another shape with a border, and leaves no box outside', async () => {
    const model = await openModel(join(folder, 'fcos'));
    const wide = new NdArray('uint8', [3, 40, 100]);
    const { detections } = await detectObjects(model, await encodePng(wide), { threshold: 0 });
    for (const { box } of detections) assert.ok(box[2] <= 100 && box[3] <= 40 && box[0] >= 0 && box[1] >= 0);
    await model.release();
  });
});

describe('fasterRcnn', () => {
  it('learns a few drawn images by heart, and is saved as any other detector', async () => {
    const network = fasterRcnn({
      ...{ classes: 3, widths: [8, 16, 24, 32, 32], blocks: [1, 1, 1, 1], features: 24 },
      ...{ units: 48, proposals: 24 },
    });
    const trained = await fit(
      sequential(imagePreprocessing({ mean: 0.5, std: 0.25 }), network),
      examples.repeat(100),
      {
        loss: rcnnLoss.with({ proposals: 24 }),
        optimizer: adam(3e-3),
        batchSize: 8,
        workers: 1,
        progress: false,
      },
    );
    const { metrics } = await measureDetector(trained, examples, {});
    assert.ok(metrics['mAP@0.5']! > 0.5, `mAP@0.5 is ${metrics['mAP@0.5']}`);
    const out = join(folder, 'rcnn');
    await trained.save(out);
    const model = await openModel(out);
    const { detections } = await detectObjects(model, await encodePng(await shapes.train[0]!.read()));
    assert.ok(detections.length > 0);
    await model.release();
    assert.deepEqual((await measureDetector(await load(out), examples, {})).metrics, metrics);
  });
});

/** Each pixel four times. */
function doubled(image: NdArray): NdArray {
  const [channels, height, width] = image.shape as [number, number, number];
  const result = new NdArray('uint8', [channels, 2 * height, 2 * width]);
  for (let i = 0; i < result.size; i++) {
    const [x, y, channel] = [
      i % (2 * width),
      Math.floor(i / (2 * width)) % (2 * height),
      Math.floor(i / (4 * width * height)),
    ];
    result.data[i] = Number(image.data[(channel * height + (y >> 1)) * width + (x >> 1)]);
  }
  return result;
}

describe('frameOf', () => {
  const images = (...sizes: [number, number][]) =>
    sizes.map(([width, height]) => ({ ...shapes.train[0]!, width, height }));

  it('holds all images, in multiples of eight', () => {
    assert.deepEqual(frameOf(images([640, 480], [320, 240])), [240, 320]);
    assert.deepEqual(frameOf(images([640, 480], [480, 640])), [320, 320]);
    assert.deepEqual(frameOf(images([100, 50])), [56, 104]);
    assert.deepEqual(frameOf(images([1000, 500]), 160), [80, 160]);
  });
});

describe('trainObjectDetector', () => {
  it('trains on shapes, writes a card with pictures, and is measured again with the same outcome', async () => {
    const out = join(folder, 'shapes');
    const events: TrainEvent[] = [];
    const result = await trainObjectDetector({
      data: 'shapes',
      out,
      epochs: 1,
      imageSize: 64,
      batchSize: 16,
      validationSplit: 0.4,
      onEvent: (event) => events.push(event),
    });
    const epoch = events.find((event) => event.kind === 'epoch');
    assert.ok(epoch?.kind === 'epoch' && 'mAP@0.5' in epoch.record.validation!);
    const card = await readFile(join(out, 'README.md'), 'utf8');
    assert.match(card, /pipeline_tag: object-detection/);
    assert.match(card, /detections-1\.png/);
    assert.match(await readFile(join(out, 'evaluation.md'), 'utf8'), /\| circle \|.*\| 42 \|/);
    const again = await evaluateObjectDetector({ model: out, data: 'shapes' });
    assert.equal(again.examples, 50);
    for (const [name, value] of Object.entries(result.metrics)) {
      assert.ok(Math.abs(again.metrics[name]! - value) < 1e-6, name);
    }
    assert.ok('AP@0.5 circle' in again.metrics);
  });

  it('says which detectors there are', async () => {
    const options = { data: 'shapes', out: join(folder, 'x'), model: 'yolo' };
    await assert.rejects(
      trainObjectDetector(options),
      /There is no detector 'yolo'. There is fcos, faster-rcnn/,
    );
  });

  const data = process.env.MODELWRIGHT_DATA;
  const skip = data ? false : 'MODELWRIGHT_DATA does not name a folder with bccd/';
  it('opens real annotations', { skip }, async () => {
    const { train, validation, test, classNames, problems } = await openDetection(join(data!, 'bccd'));
    assert.deepEqual([train.length, validation.length, test.length], [205, 87, 72]);
    assert.deepEqual(classNames, ['Platelets', 'RBC', 'WBC']);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['empty', 'empty'],
    );
  });
});
