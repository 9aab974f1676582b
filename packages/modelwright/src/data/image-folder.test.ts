import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import sharp from 'sharp';
import type { Dataset } from './dataset.js';
import type { LabelledImage } from './idx.js';
import { imageFolder, imageFolders } from './image-folder.js';
import type { SkippedFile } from './source.js';
import { holdOutEvery } from './split.js';

const plain = (background: string, width = 4) =>
  sharp({ create: { width, height: 3, channels: 3, background } })
    .png()
    .toBuffer();

describe('imageFolder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-images-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = async (path: string, content: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };

  const contents = async (dataset: Dataset<LabelledImage>): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const { input, target } of dataset.iterate({ prefetch: 2 })) {
      found.push([target.dtype, target.shape, target.item(), input.shape, Number(input.data[0])]);
    }
    return found;
  };

  it('takes classes and files by name, whether pictures are kept in memory or not', async () => {
    await put('b/2.png', await plain('#030000'));
    await put('b/10.PNG', await plain('#020000', 5));
    await put('a/x.png', await plain('#010000'));
    const expected = [
      ['int32', [], 0, [3, 3, 4], 1],
      ['int32', [], 1, [3, 3, 5], 2],
      ['int32', [], 1, [3, 3, 4], 3],
    ];
    const progress: number[] = [];
    const dataset = await imageFolder(folder, {
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    assert.deepEqual(dataset.classNames, ['a', 'b']);
    assert.deepEqual(await contents(dataset), expected);
    assert.deepEqual([...(await dataset.labels())], [0, 1, 1]);
    assert.equal(progress.at(-1), 1);
    for (const memoryBudget of [0, 40])
      assert.deepEqual(await contents(await imageFolder(folder, { memoryBudget })), expected);
    const resized = (await imageFolder(folder, { size: [6, 8], channels: 1 })).batch(3);
    assert.deepEqual((await resized.at(0)).input.shape, [3, 1, 6, 8]);
    await assert.rejects(
      async () => dataset.batch(3).at(0),
      /\[3, 3, 4\] in element 0, but \[3, 3, 5\] in element 1/,
    );
  });

  it('leaves out what is no picture or broken, names it, and goes on', async () => {
    const noise = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 251);
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    await put('a/cut.jpg', jpeg.subarray(0, jpeg.length / 2));
    await put('a/empty.jpg', '');
    await put('a/good.jpg', jpeg);
    await put('a/notes.txt', 'some notes');
    await put('a/really-text.jpg', 'this is no picture');
    await put('a/deeper/good.jpg', jpeg);
    await put('a/.hidden', 'nothing');
    await put('.cache/good.jpg', jpeg);
    const reported: SkippedFile[] = [];
    const dataset = await imageFolder(folder, { onSkip: (each) => reported.push(each) });
    assert.equal(dataset.length, 1);
    assert.deepEqual(dataset.classNames, ['a']);
    const reasons = dataset.skipped
      .map(({ file, reason }) => `${file.slice(folder.length)}: ${reason}`)
      .sort();
    for (const [i, expected] of [
      /^\/a\/cut\.jpg: .*cannot be decoded: it is damaged or cut off/,
      /^\/a\/deeper: a folder within a class folder/,
      /^\/a\/empty\.jpg: .*it is empty/,
      /^\/a\/notes\.txt: '\.txt' is not among the extensions/,
      /^\/a\/really-text\.jpg: .*unsupported image format/,
    ].entries()) {
      assert.match(reasons[i] ?? '', expected);
    }
    assert.equal(reasons.length, 5);
    assert.deepEqual(reported, dataset.skipped);
    assert.deepEqual(dataset.shuffle().batch(1).skipped, dataset.skipped);
  });

  it('refuses a folder that cannot be learnt from', async () => {
    await assert.rejects(imageFolder(join(folder, 'nowhere')), /cannot be read as a folder of pictures/);
    await put('1.png', await plain('#000000'));
    await assert.rejects(imageFolder(folder), /has no class folders/);
    await put('a/1.png', await plain('#000000'));
    await put('b/1.png', 'text');
    await mkdir(join(folder, 'c'));
    await assert.rejects(
      imageFolder(folder),
      /no picture in the class folders b, c.*Left out were:\s+.*b\/1\.png/s,
    );
  });

  it('finds a training and a test part with the same targets', async () => {
    for (const name of ['a', 'b', 'c']) await put(`train/${name}/1.png`, await plain('#000000'));
    await put('test/c/1.png', await plain('#000000'));
    const { train, test } = await imageFolders(folder);
    assert.deepEqual([train.length, test?.length, test?.classNames], [3, 1, ['a', 'b', 'c']]);
    assert.equal((await test!.at(0)).target.item(), 2);
    await put('test/d/1.png', await plain('#000000'));
    await assert.rejects(imageFolders(folder), /folders that are no known class: d\. Known: a, b, c/);
    assert.equal((await imageFolders(join(folder, 'train'))).test, undefined);
  });

  it('has a fingerprint of names, sizes and times', async () => {
    await put('a/1.png', await plain('#000000'));
    await put('b/1.png', await plain('#000000'));
    const print = async (): Promise<string> => (await imageFolder(folder)).fingerprint();
    const first = await print();
    assert.match(first, /^[0-9a-f]{64}$/);
    assert.equal(await print(), first);
    await utimes(join(folder, 'b/1.png'), 1, 1);
    assert.notEqual(await print(), first);
  });
});

const data = process.env.MODELWRIGHT_DATA;

describe('imageFolder on photographs of hand signs', {
  skip: data ? false : 'MODELWRIGHT_DATA is not set',
}, () => {
  it('reads all 2,062, of which three are large, and splits them by class', async () => {
    const dataset = await imageFolder(join(data!, 'sign-digits'));
    assert.equal(dataset.length, 2062);
    assert.deepEqual(dataset.skipped, []);
    assert.deepEqual(dataset.classNames, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let large = 0;
    for await (const { input, target } of dataset) {
      if (input.shape[1]! > 1000) {
        large++;
        assert.equal(target.item(), 7);
      } else assert.deepEqual(input.shape, [3, 100, 100]);
    }
    assert.equal(large, 3);
    const { train, test } = await holdOutEvery(dataset, 5);
    assert.equal(train.length + test.length, 2062);
    const counts = new Map<number, number>();
    for (const label of await dataset.labels()) counts.set(label, (counts.get(label) ?? 0) + 1);
    assert.equal(
      test.length,
      [...counts.values()].reduce((sum, count) => sum + Math.floor(count / 5), 0),
    );
  });
});
