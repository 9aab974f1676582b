import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeIdx, idxFolder, readIdx } from './idx.js';

const uint8 = 0x08;

/** The bytes of an IDX file, written by the format's definition. */
function idx(code: number, shape: readonly number[], content: readonly number[]): Uint8Array {
  const dimensions = shape.flatMap((size) => [
    size >>> 24,
    (size >>> 16) & 255,
    (size >>> 8) & 255,
    size & 255,
  ]);
  return Uint8Array.from([0, 0, code, shape.length, ...dimensions, ...content]);
}

describe('decodeIdx', () => {
  it('reads every element type, big-endian', () => {
    const array = decodeIdx(idx(uint8, [2, 1, 3], [1, 2, 3, 4, 5, 255]));
    assert.deepEqual(
      [array.dtype, array.shape, array.toNumbers()],
      ['uint8', [2, 1, 3], [1, 2, 3, 4, 5, 255]],
    );
    assert.deepEqual(decodeIdx(idx(0x09, [1], [0xff])).toNumbers(), [-1]);
    assert.deepEqual(decodeIdx(idx(0x0c, [2], [0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe])).toNumbers(), [258, -2]);
    assert.deepEqual(decodeIdx(idx(0x0d, [1], [0x3f, 0x80, 0, 0])).toNumbers(), [1]);
    assert.deepEqual(decodeIdx(idx(0x0e, [1], [0xc0, 0, 0, 0, 0, 0, 0, 0])).toNumbers(), [-2]);
  });

  it('names what is wrong', () => {
    assert.throws(
      () => decodeIdx(Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'a.png'),
      /a\.png is not an IDX file.*89 50 4e 47/,
    );
    assert.throws(() => decodeIdx(new Uint8Array(0)), /not an IDX file/);
    assert.throws(() => decodeIdx(idx(0x0b, [1], [0, 0])), /element type 0x0b is not supported/);
    assert.throws(
      () => decodeIdx(idx(uint8, [2, 2], []).subarray(0, 9)),
      /header takes 12 bytes, but there are 9/,
    );
    assert.throws(
      () => decodeIdx(idx(uint8, [2, 2], [1, 2, 3])),
      /is cut off: .*\[2, 2\].*4 bytes, but 3 bytes/,
    );
    assert.throws(() => decodeIdx(idx(uint8, [2], [1, 2, 3])), /is too long/);
  });
});

describe('idxFolder', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-idx-'));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (labels: readonly number[]): Promise<void> => {
    const images = idx(uint8, [3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), images);
    await writeFile(join(folder, 't10k-images-idx3-ubyte.gz'), gzipSync(images));
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), idx(uint8, [labels.length], labels));
    await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(idx(uint8, [3], [2, 1, 0])));
  };

  it('pairs images with labels, gzipped or not', async () => {
    await write([9, 0, 5]);
    const { train, test } = await idxFolder(folder);
    const { input, target } = await train.at(2);
    assert.deepEqual(
      [input.shape, input.toNumbers(), target.shape, target.item()],
      [[1, 2, 2], [8, 9, 10, 11], [], 5],
    );
    const batch = await test.batch(2).at(0);
    assert.deepEqual([batch.input.dtype, batch.input.shape], ['uint8', [2, 1, 2, 2]]);
    assert.deepEqual(
      [batch.target.dtype, batch.target.shape, batch.target.toNumbers()],
      ['int32', [2], [2, 1]],
    );
    assert.equal(train.classNames?.length, 10);
  });

  it('refuses files that do not fit together', async () => {
    await write([1, 2]);
    await assert.rejects(idxFolder(folder), /has 3 images, but .*train-labels-idx1-ubyte has 2 labels/);
    await write([0, 10, 1]);
    await assert.rejects(idxFolder(folder), /label 1 is 10, but there are 10 classes \(0 to 9\)/);
    await write([0, 1, 2]);
    await assert.rejects(idxFolder(folder, { classNames: ['a', 'b'] }), /is 2, but there are 2 classes/);
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), idx(uint8, [3, 1], [0, 1, 2]));
    await assert.rejects(idxFolder(folder), /holds uint8 \[3, 1\], but labels are uint8 \[count\]/);
    await rm(join(folder, 'train-labels-idx1-ubyte'));
    await assert.rejects(
      idxFolder(folder),
      /has no file 'train-labels-idx1-ubyte' or 'train-labels-idx1-ubyte\.gz'/,
    );
  });

  it('names a gzip file that was cut off', async () => {
    const file = join(folder, 'cut.gz');
    await writeFile(file, gzipSync(idx(uint8, [3], [0, 1, 2])).subarray(0, 20));
    await assert.rejects(readIdx(file), /cut\.gz cannot be unzipped/);
  });
});
