import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { decodeImage, encodePng, resize } from './images.js';

/** 2 x 3 pixels, each channel and pixel of its own value. */
const small = NdArray.of(
  'uint8',
  [3, 2, 3],
  Array.from({ length: 18 }, (_, i) => 14 * i),
);

const random = new Random(0);

/** A photograph-like JPEG of 32 x 48 pixels: red on the left half, blue on the right. */
function halves(): Sharp {
  const left = {
    input: { create: { width: 24, height: 32, channels: 3 as const, background: '#ff0000' } },
    left: 0,
    top: 0,
  };
  return sharp({ create: { width: 48, height: 32, channels: 3, background: '#0000ff' } }).composite([left]);
}

const pixel = (image: NdArray, y: number, x: number): number[] => {
  const [channels = 0, height = 0, width = 0] = image.shape;
  return Array.from({ length: channels }, (_, c) => Number(image.data[(c * height + y) * width + x]));
};

const near = (found: number[], expected: number[], tolerance: number): void => {
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) <= tolerance, `${found} is not ${expected}`);
  });
};

describe('decodeImage', () => {
  it('gives back what PNG keeps exactly', async () => {
    assert.deepEqual(await decodeImage(await encodePng(small)), small);
    const grey = NdArray.of('uint8', [1, 2, 2], [0, 90, 180, 255]);
    assert.deepEqual(await decodeImage(await encodePng(grey), { channels: 1 }), grey);
    const coloured = NdArray.of('uint8', [3, 2, 2], [...grey.data, ...grey.data, ...grey.data]);
    assert.deepEqual(await decodeImage(await encodePng(grey)), coloured);
    near([...(await decodeImage(await encodePng(coloured), { channels: 1 })).data], [...grey.data], 1);
  });

  for (const format of ['jpeg', 'webp', 'gif', 'tiff'] as const) {
    it(`reads ${format}`, async () => {
      const image = await decodeImage(await halves().toFormat(format).toBuffer());
      assert.deepEqual(image.shape, [3, 32, 48]);
      near(pixel(image, 16, 8), [255, 0, 0], 12);
      near(pixel(image, 16, 40), [0, 0, 255], 12);
    });
  }

  it('turns a photograph upright by its EXIF orientation', async () => {
    const turned = await halves().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const upright = await decodeImage(turned);
    assert.deepEqual(upright.shape, [3, 48, 32]);
    near(pixel(upright, 8, 16), [255, 0, 0], 12);
    near(pixel(upright, 40, 16), [0, 0, 255], 12);
  });

  it('shows what is transparent as white', async () => {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const clear = await sharp({ create: { width: 2, height: 2, channels: 4, background } })
      .png()
      .toBuffer();
    assert.deepEqual(pixel(await decodeImage(clear), 0, 0), [255, 255, 255]);
  });

  it('brings 16 bits to 8', async () => {
    const deep = await sharp(Uint16Array.of(0, 0x8080, 0xffff, 0x4040), {
      raw: { width: 2, height: 2, channels: 1 },
    })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    assert.equal((await sharp(deep).metadata()).depth, 'ushort');
    near([...(await decodeImage(deep, { channels: 1 })).data], [0, 128, 255, 64], 1);
  });

  it('reads plain and binary PGM and PPM', async () => {
    const bytes = (header: string, ...pixels: number[]): Uint8Array =>
      Buffer.concat([Buffer.from(header), Uint8Array.from(pixels)]);
    const grey = async (source: Uint8Array): Promise<number[]> =>
      (await decodeImage(source, { channels: 1 })).toNumbers();
    assert.deepEqual(await grey(bytes('P5 # a comment\n2 1\n255\n', 7, 35)), [7, 35]);
    assert.deepEqual(await grey(bytes('P5\n2 1\n15\n', 0, 15)), [0, 255]);
    assert.deepEqual(await grey(bytes('P5\n2 1\n65535\n', 0xff, 0xff, 0x80, 0x80)), [255, 128]);
    assert.deepEqual(await grey(bytes('P2\n2 1\n10\n10 # ten\n5')), [255, 128]);
    const colour = await decodeImage(bytes('P6 1 2 255 ', 1, 2, 3, 4, 5, 6));
    assert.deepEqual(
      [colour.shape, colour.toNumbers()],
      [
        [3, 2, 1],
        [1, 4, 2, 5, 3, 6],
      ],
    );
    assert.deepEqual((await decodeImage(bytes('P3 1 1 255 9 8 7'))).toNumbers(), [9, 8, 7]);
    await assert.rejects(grey(bytes('P5\n2 2\n255\n', 1, 2)), /cut off: 2 bytes of its pixels are missing/);
    await assert.rejects(grey(bytes('P2 2 1 255 4')), /cut off: a number is missing/);
    await assert.rejects(grey(bytes('P5 x')), /a number was expected at byte 3/);
  });

  it('refuses what is broken, saying why', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, () => random.integer(0, 256));
    const photograph = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
    for (const file of [await photograph.jpeg().toBuffer(), await photograph.png().toBuffer()]) {
      await decodeImage(file);
      await assert.rejects(
        decodeImage(file.subarray(0, file.length / 2)),
        /the image cannot be decoded: (it is damaged or cut off|Input)/,
      );
      await assert.rejects(
        decodeImage(file.subarray(0, 30)),
        /the image cannot be decoded: (it is damaged or cut off|Input)/,
      );
    }
    await assert.rejects(
      decodeImage(Buffer.from('not a picture')),
      /cannot be decoded: .*unsupported image format/,
    );
    await assert.rejects(decodeImage(new Uint8Array(0)), /cannot be decoded: it is empty/);
    await assert.rejects(decodeImage('/nowhere/a.jpg'), /ENOENT.*a\.jpg/);
    await assert.rejects(encodePng(new NdArray('uint8', [2, 4, 4])), /1 or 3 channels, but this one has 2/);
    await assert.rejects(encodePng(new NdArray('float32', [3, 4, 4])), /this array is float32 \[3, 4, 4\]/);
  });
});

describe('resize', () => {
  it('crops, pads or stretches to the size', async () => {
    const wide = await decodeImage(await halves().png().toBuffer());
    const cover = await resize(16)(wide, random);
    assert.deepEqual(cover.shape, [3, 16, 16]);
    assert.deepEqual(
      [pixel(cover, 8, 2), pixel(cover, 8, 13)],
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
    );
    const contain = await resize([24, 24], { fit: 'contain' })(wide, random);
    assert.deepEqual(
      [pixel(contain, 1, 12), pixel(contain, 12, 3)],
      [
        [0, 0, 0],
        [255, 0, 0],
      ],
    );
    const fill = await resize([10, 20], { fit: 'fill' })(wide, random);
    assert.deepEqual(fill.shape, [3, 10, 20]);
    assert.deepEqual(
      [pixel(fill, 0, 2), pixel(fill, 9, 17)],
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
    );
    const grey = await decodeImage(await encodePng(new NdArray('uint8', [1, 8, 8])), {
      channels: 1,
      size: [4, 6],
    });
    assert.deepEqual(grey.shape, [1, 4, 6]);
  });
});
