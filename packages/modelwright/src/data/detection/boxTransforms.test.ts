import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { Dataset } from '../dataset.js';
import { decodeImage } from '../images.js';
import {
  augmentBoxes,
  type BoxedImage,
  boxDataset,
  boxesOfTarget,
  drawBoxes,
  placeBox,
  placeImage,
} from './index.js';

/** A white box on black, 24 pixels high and 32 wide. */
function example(x1 = 8, y1 = 6, x2 = 16, y2 = 18): BoxedImage {
  const image = new NdArray('uint8', [3, 24, 32]);
  for (let i = 0; i < image.size; i++) {
    const [x, y] = [i % 32, Math.floor(i / 32) % 24];
    if (x >= x1 && x < x2 && y >= y1 && y < y2) image.data[i] = 255;
  }
  return { image, boxes: [{ box: [x1, y1, x2, y2], label: 2 }] };
}

/** The smallest box around all pixels of at least half the light. */
function brightBox({ data, shape }: NdArray): number[] {
  const [, height, width] = shape as [number, number, number];
  const bright = Array.from({ length: height * width }, (_, i) => i).filter((i) => Number(data[i]) >= 128);
  const [across, down] = [bright.map((i) => i % width), bright.map((i) => Math.floor(i / width))];
  return [Math.min(...across), Math.min(...down), Math.max(...across) + 1, Math.max(...down) + 1];
}

describe('placeImage', () => {
  const cases: [string, { scaleX: number; scaleY: number; moveX: number; moveY: number }][] = [
    ['mirrors', { scaleX: -1, scaleY: 1, moveX: 32, moveY: 0 }],
    ['turns upside down', { scaleX: 1, scaleY: -1, moveX: 0, moveY: 24 }],
    ['enlarges', { scaleX: 1.5, scaleY: 1.25, moveX: -6, moveY: -3 }],
    ['moves', { scaleX: 1, scaleY: 1, moveX: 5, moveY: -4 }],
  ];
  for (const [name, placement] of cases) {
    it(`${name} the pixels and the boxes alike`, () => {
      const { image, boxes } = placeImage(example(), placement, [24, 32], 0);
      const found = brightBox(image);
      for (const [i, value] of boxes[0]!.box.entries()) assert.ok(Math.abs(value - found[i]!) <= 1);
      assert.equal(boxes[0]!.label, 2);
    });
  }

  it('cuts boxes off at the edges, and drops those of which little is left', () => {
    const move = (moveX: number) => ({ scaleX: 1, scaleY: 1, moveX, moveY: 0 });
    assert.deepEqual(placeBox([8, 6, 16, 18], move(-12), [24, 32]), [0, 6, 4, 18]);
    assert.equal(placeBox([8, 6, 16, 18], move(-14), [24, 32]), undefined);
  });
});

describe('augmentBoxes', () => {
  it('keeps boxes on their pixels, whatever it draws', async () => {
    const transform = augmentBoxes({ flipVertical: true, colour: {} });
    for (let seed = 0; seed < 30; seed++) {
      const { image, boxes } = await transform(example(), new Random(seed));
      if (boxes.length === 0) continue;
      const found = brightBox(image);
      for (const [i, value] of boxes[0]!.box.entries()) assert.ok(Math.abs(value - found[i]!) <= 1.5);
    }
  });
});

describe('boxDataset', () => {
  it('gives targets of equal shape, the largest boxes where there are too many, ignored ones told apart', async () => {
    const boxes = [
      { box: [0, 0, 2, 2] as const, label: 0 },
      { box: [0, 0, 8, 8] as const, label: 1, ignored: true },
      { box: [0, 0, 4, 4] as const, label: 1 },
    ];
    const images = Dataset.from([{ ...example(), boxes }, example()]);
    const data = boxDataset(images, { maximumBoxes: 2 });
    const first = await data.at(0);
    assert.deepEqual(first.target!.toNumbers(), [0, 0, 8, 8, -3, 0, 0, 4, 4, 1]);
    assert.deepEqual(boxesOfTarget(first.target!.data as Float32Array), [boxes[1], boxes[2]]);
    assert.deepEqual((await data.at(1)).target!.toNumbers(), [8, 6, 16, 18, 2, -1, -1, -1, -1, -1]);
  });

  it('joins four images into a mosaic whose boxes lie on their pixels', async () => {
    const blank = { image: new NdArray('uint8', [3, 24, 32]), boxes: [] };
    for (let seed = 0; seed < 20; seed++) {
      const images = Dataset.from<BoxedImage>([example(4, 4, 28, 20), blank]);
      const data = boxDataset(images.select([0, 1, 1, 1]), { maximumBoxes: 8, mosaic: 1, seed });
      const { input, target } = await data.at(0);
      const found = boxesOfTarget(target!.data as Float32Array);
      if (found.length !== 1) continue;
      const bright = brightBox(input!);
      for (const [i, value] of found[0]!.box.entries()) assert.ok(Math.abs(value - bright[i]!) <= 1.5);
    }
  });
});

describe('drawBoxes', () => {
  it('draws an outline in the colour of the class and leaves the rest', async () => {
    const image = new NdArray('uint8', [3, 60, 80]);
    const png = await drawBoxes(image, [{ box: [20, 20, 60, 50], text: '<a> & b', colour: 1 }]);
    const { data, shape } = await decodeImage(png);
    assert.deepEqual(shape, [3, 60, 80]);
    const pixel = (x: number, y: number): number[] => [0, 1, 2].map((c) => data[(c * 60 + y) * 80 + x]!);
    assert.ok(pixel(40, 49)[2]! > 60, 'the lower edge is blue');
    assert.deepEqual(pixel(40, 35), [0, 0, 0]);
    assert.deepEqual(pixel(5, 55), [0, 0, 0]);
  });
});
