import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { encodePng } from '../images.js';
import { drawnShapes, openDetection, parsePascalVoc, parseYolo, problemLines } from './index.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-boxes-'));
});
after(() => rm(folder, { recursive: true }));

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** A picture 40 pixels wide and 20 high. */
const picture = (): Promise<Uint8Array> => encodePng(new NdArray('uint8', [3, 20, 40]));

const voc = (...objects: [label: string, ...corners: number[]][]): string =>
  `<annotation><size><width>40</width></size>${objects
    .map(([name, x1, y1, x2, y2]) => {
      const box = `<xmin>${x1}</xmin><ymin>${y1}</ymin><xmax>${x2}</xmax><ymax>${y2}</ymax>`;
      return `<object><name>${name}</name><bndbox>${box}</bndbox></object>`;
    })
    .join('')}</annotation>`;

describe('openDetection', () => {
  it('reads Pascal VOC in its parts, and names and counts what is wrong', async () => {
    for (const name of ['a', 'b', 'c', 'alone']) await write(`voc/JPEGImages/${name}.png`, await picture());
    await write('voc/JPEGImages/broken.png', 'no picture');
    await write('voc/Annotations/a.xml', voc(['cat', 1, 1, 10, 20], ['dog', 11, 5, 50, 15]));
    await write('voc/Annotations/b.xml', voc(['dog', 5, 5, 5, 9], ['dog', 45, 5, 50, 9]));
    await write('voc/Annotations/c.xml', voc());
    await write('voc/Annotations/d.xml', voc(['cat', 1, 1, 2, 2]));
    await write('voc/Annotations/broken.xml', voc(['cat', 1, 1, 2, 2]));
    await write('voc/ImageSets/Main/train.txt', 'a\nb\nalone\nbroken\n');
    await write('voc/ImageSets/Main/val.txt', 'c\n');
    await write('voc/ImageSets/Main/test.txt', 'd\n');
    const opened = await openDetection(join(folder, 'voc'));
    assert.equal(opened.format, 'Pascal VOC');
    assert.deepEqual(opened.classNames, ['cat', 'dog']);
    assert.deepEqual(opened.train[0]!.objects, [
      { label: 'cat', box: [0, 0, 10, 20] },
      { label: 'dog', box: [10, 4, 40, 15] },
    ]);
    assert.deepEqual([opened.train[0]!.width, opened.train[0]!.height], [40, 20]);
    assert.deepEqual(opened.train[1]!.objects, []);
    assert.deepEqual([opened.train.length, opened.validation.length, opened.test.length], [2, 1, 0]);
    assert.deepEqual((await opened.train[0]!.read()).shape, [3, 20, 40]);
    const kinds = opened.problems.map(({ kind, name }) => `${kind} ${name}`).sort();
    assert.deepEqual(kinds, [
      'empty b',
      'missingImage d',
      'outside a',
      'outside b',
      'unannotated alone',
      'unreadable broken',
    ]);
    assert.match(
      problemLines(opened.problems).join('\n'),
      /2 boxes reach beyond their image.*: a \(dog 10 4 50 15\)/,
    );
  });

  it('refuses data with problems when asked to, and boxes of classes that are not expected', async () => {
    await assert.rejects(openDetection(join(folder, 'voc'), { onProblem: 'refuse' }), /has 6 problem\(s\)/);
    const opened = await openDetection(join(folder, 'voc'), { classNames: ['cat'] });
    assert.equal(opened.problems.filter(({ kind }) => kind === 'unknownClass').length, 3);
    assert.equal(opened.train[0]!.objects.length, 1);
  });

  it('reads COCO, with folders of images, crowds and images that are missing', async () => {
    const json = {
      images: [
        { id: 7, file_name: 'x.png' },
        { id: 8, file_name: 'gone.png' },
      ],
      annotations: [
        { image_id: 7, category_id: 3, bbox: [1, 2, 10, 5] },
        { image_id: 7, category_id: 1, bbox: [0, 0, 40, 20], iscrowd: 1 },
        { image_id: 7, category_id: 9, bbox: [0, 0, 4, 2] },
      ],
      categories: [
        { id: 1, name: 'cat' },
        { id: 3, name: 'dog' },
      ],
    };
    await write('coco/annotations/instances_train2017.json', JSON.stringify(json));
    await write('coco/train2017/x.png', await picture());
    await write('coco/train2017/unlisted.png', await picture());
    const { train, classNames, format, problems } = await openDetection(join(folder, 'coco'));
    assert.deepEqual([format, classNames], ['COCO', ['cat', 'dog']]);
    assert.deepEqual(train[0]!.objects, [
      { label: 'dog', box: [1, 2, 11, 7] },
      { label: 'cat', box: [0, 0, 40, 20], ignored: true },
    ]);
    assert.deepEqual(problems.map(({ kind }) => kind).sort(), [
      'missingImage',
      'unannotated',
      'unknownClass',
    ]);
    await write('coco/bad.json', '{"images": []}');
    await assert.rejects(openDetection(join(folder, 'coco/bad.json')), /has no list 'annotations'/);
  });

  it('reads YOLO, boxes and outlines, with names as a list or by number', async () => {
    await write('yolo/data.yaml', 'train: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n');
    await write('yolo/images/train/1.png', await picture());
    await write('yolo/images/train/2.png', await picture());
    await write('yolo/images/val/3.png', await picture());
    await write('yolo/labels/train/1.txt', '1 0.5 0.5 0.5 0.5\n0 0 0 0.25 0 0.25 0.5\n');
    await write('yolo/labels/val/3.txt', '0 0.5 0.5\n');
    const { train, validation, classNames, format, problems } = await openDetection(join(folder, 'yolo'));
    assert.deepEqual([format, classNames], ['YOLO', ['cat', 'dog']]);
    assert.deepEqual(train[0]!.objects, [
      { label: 'dog', box: [10, 5, 30, 15] },
      { label: 'cat', box: [0, 0, 10, 10] },
    ]);
    assert.equal(validation.length, 0);
    assert.deepEqual(
      problems.map(({ kind, name }) => [kind, name]),
      [
        ['unannotated', '2.png'],
        ['unreadable', '3.txt'],
      ],
    );
  });

  it('says what it expects where it finds nothing', async () => {
    await assert.rejects(openDetection(join(folder, 'nowhere')), /There is no folder or file.*shapes/);
    await write('empty/notes.txt', 'nothing');
    await assert.rejects(openDetection(join(folder, 'empty')), /no known layout.*Pascal VOC.*COCO.*YOLO/);
  });
});

describe('annotations', () => {
  it('of one file say what is wrong with them', () => {
    assert.throws(() => parsePascalVoc('<annotation><object></annotation>'), /object/);
    assert.throws(() => parsePascalVoc('<notes/>'), /no <annotation>/);
    assert.throws(() => parsePascalVoc(voc(['cat', 1, 1, 2, Number.NaN])), /'cat' has no number <ymax>/);
    assert.deepEqual(parsePascalVoc('<annotation></annotation>'), []);
    assert.throws(() => parseYolo('0 1 2\n', ['a'], { width: 1, height: 1 }), /line 1 is '0 1 2'/);
  });
});

describe('drawnShapes', () => {
  it('draws the same images from the same seed, its boxes tight around their shapes', async () => {
    const [first, again] = [drawnShapes({ train: 3, test: 1 }), drawnShapes({ train: 3, test: 1 })];
    assert.deepEqual(await first.train[2]!.read(), await again.train[2]!.read());
    for (const { width, height, objects } of first.train) {
      assert.ok(objects.length > 0);
      for (const { box } of objects)
        assert.ok(box[0] >= 0 && box[2] <= width && box[1] >= 0 && box[3] <= height);
    }
  });
});
