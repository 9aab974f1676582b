import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { assertNear } from '../testing/compare.js';
import {
  augment,
  centreCrop,
  colourJitter,
  compose,
  type ImageTransform,
  randomAffine,
  randomCrop,
  randomFlip,
  randomRotation,
  randomShading,
  symmetricDistortion,
} from './augment.js';
import { Dataset } from './dataset.js';
import { adjustColour, crop, flip, rotate, shade, warp } from './image-ops.js';

const image = (values: number[][], channels = 1): NdArray => {
  const plane = values.flat();
  const all = Array.from({ length: channels }, (_, c) => plane.map((value) => value + 100 * c)).flat();
  return NdArray.of('uint8', [channels, values.length, values[0]!.length], all);
};
const pixels = (array: NdArray): number[] => array.toNumbers();
/** The i-th pixel of [[1, 2, 3], [4, 5, 6], [7, 8, 9]], the value 1 + x + 3 y, at twice the size about its centre. */
const halved = (i: number): number =>
  Math.round(1 + (1 + ((i % 3) - 1) / 2) + 3 * (1 + (Math.floor(i / 3) - 1) / 2));

describe('image operations', () => {
  const colours = image(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    3,
  );

  it('mirror', () => {
    assert.deepEqual(pixels(flip(colours, 'horizontal')).slice(0, 9), [3, 2, 1, 6, 5, 4, 103, 102, 101]);
    assert.deepEqual(pixels(flip(colours, 'vertical')).slice(0, 9), [4, 5, 6, 1, 2, 3, 104, 105, 106]);
    assert.deepEqual(flip(flip(colours, 'vertical'), 'vertical'), colours);
  });

  it('warp: move, scale, and what shows outside', () => {
    const one = image([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    assert.deepEqual(pixels(warp(one, { shift: [1, 0] })), [0, 1, 2, 0, 4, 5, 0, 7, 8]);
    assert.deepEqual(pixels(warp(one, { shift: [1, -1], fill: 'edge' })), [4, 4, 5, 7, 7, 8, 7, 7, 8]);
    assert.deepEqual(
      pixels(warp(one, { scale: 2 })),
      Array.from({ length: 9 }, (_, i) => halved(i)),
    );
    assert.deepEqual(pixels(warp(one, { degrees: 90 })), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
    assert.deepEqual(pixels(warp(one, {})), pixels(one));
  });

  it("warp: a head that turns, and a distortion of one's own", () => {
    const line = image([[0, 10, 20, 30, 40, 50, 60, 70]]);
    // At the middle of pixel i, x is (2 i - 7) / 8; it is taken from there plus 0.5 (1 - x²), 4 pixels to a half; at the right from the edge.
    const turned = Array.from({ length: 8 }, (_, i) => {
      const from = i + 4 * 0.5 * (1 - ((2 * i - 7) / 8) ** 2);
      return Math.round(10 * Math.min(7, from));
    });
    assert.deepEqual(pixels(warp(line, { turn: 0.5, fill: 'edge' })), turned);
    const mirrored = flip(warp(flip(line, 'horizontal'), { turn: 0.5, fill: 'edge' }), 'horizontal');
    assert.deepEqual(pixels(warp(line, { turn: -0.5, fill: 'edge' })), pixels(mirrored));
    const upsideDown = warp(colours, { distortion: (_, y) => [0, -2 * y] });
    assert.deepEqual(upsideDown, flip(colours, 'vertical'));
  });

  it('symmetricDistortion treats left and right alike, and is as strong as it is asked to be', () => {
    const distort = symmetricDistortion(0.1, new Random(5));
    const [right, left] = [distort(0.3, -0.4), distort(-0.3, -0.4)];
    assertNear(left, [-right[0], right[1]], 1e-12, 'mirrored');
    // In the corner (-1, -1) all cosines are 1: sums of 2 x 3 normal coefficients.
    const corners = Array.from({ length: 4000 }, (_, i) =>
      symmetricDistortion(0.1, new Random(6, i))(-1, -1),
    );
    for (const axis of [0, 1] as const) {
      const deviation = Math.sqrt(
        corners.reduce((sum, corner) => sum + corner[axis] ** 2, 0) / corners.length,
      );
      assertNear([deviation], [0.1 * Math.sqrt(6)], 0.01, 'deviation');
    }
  });

  it('shade', () => {
    assert.deepEqual(pixels(shade(image([[100, 100, 100]]), 0.5)), [50, 100, 150]);
    assert.deepEqual(pixels(shade(image([[200, 200, 200]]), -0.5)), [255, 200, 100]);
  });

  it('crop, also beyond the edge', () => {
    assert.deepEqual(pixels(crop(colours, 0, 1, 2, 2)).slice(0, 8), [2, 3, 5, 6, 102, 103, 105, 106]);
    assert.deepEqual(pixels(crop(colours, -1, 2, 2, 2, 9)).slice(0, 8), [9, 9, 3, 9, 9, 9, 103, 9]);
    assert.deepEqual(pixels(crop(colours, 0, 7, 1, 2)), [0, 0, 0, 0, 0, 0]);
  });

  it('rotate counter-clockwise, exactly by quarters', () => {
    const square = image([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    assert.deepEqual(pixels(rotate(square, 90)), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
    assert.deepEqual(pixels(rotate(square, 180)), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert.deepEqual(pixels(rotate(square, -90)), pixels(rotate(square, 270)));
    assert.deepEqual(rotate(colours, 0), colours);
  });

  it('rotate with bilinear sampling, which is exact on a slope', () => {
    const size = 21;
    const slope = (x: number, y: number): number => 120 + 4 * (x - 10) + 2 * (y - 10);
    const ramp = image(
      Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => slope(x, y))),
    );
    const angle = (25 * Math.PI) / 180;
    const turned = rotate(ramp, 25, 7);
    for (let y = 5; y <= 15; y++) {
      for (let x = 5; x <= 15; x++) {
        const sourceX = 10 + Math.cos(angle) * (x - 10) - Math.sin(angle) * (y - 10);
        const sourceY = 10 + Math.sin(angle) * (x - 10) + Math.cos(angle) * (y - 10);
        assert.ok(Math.abs(Number(turned.data[y * size + x]) - slope(sourceX, sourceY)) <= 0.5 + 1e-9);
      }
    }
    assert.equal(turned.data[0], 7);
  });

  it('change brightness, contrast and saturation by their formulas', () => {
    const grey = image([[0, 100, 200, 40]]);
    assert.deepEqual(pixels(adjustColour(grey, { brightness: 1.5 })), [0, 150, 255, 60]);
    assert.deepEqual(pixels(adjustColour(grey, { contrast: 0.5 })), [43, 93, 143, 63]); // the mean is 85; 42.5 and 92.5 round up
    assert.deepEqual(pixels(adjustColour(grey, { contrast: 2 })), [0, 115, 255, 0]);
    assert.deepEqual(pixels(adjustColour(grey, { saturation: 0, hue: 0.3 })), pixels(grey));
    const colour = NdArray.of('uint8', [3, 1, 1], [200, 100, 50]);
    // grey = 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert.deepEqual(pixels(adjustColour(colour, { saturation: 0 })), [124, 124, 124]);
    assert.deepEqual(pixels(adjustColour(colour, { saturation: 0.5 })), [162, 112, 87]);
  });

  it('turn the hue', () => {
    const colour = NdArray.of('uint8', [3, 1, 2], [200, 30, 100, 30, 50, 30]);
    assert.deepEqual(pixels(adjustColour(colour, { hue: 1 / 3 })), [50, 30, 200, 30, 100, 30]);
    assert.deepEqual(pixels(adjustColour(colour, { hue: -1 / 3 })), [100, 30, 50, 30, 200, 30]);
    assert.deepEqual(adjustColour(colour, { hue: 1 }), colour);
    const red = NdArray.of('uint8', [3, 1, 1], [255, 0, 0]);
    assert.deepEqual(pixels(adjustColour(red, { hue: 0.5 })), [0, 255, 255]);
  });
});

describe('image transforms', () => {
  const square = image(Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => 10 * y + x)));

  it('crop at the centre, and at random everywhere it fits', async () => {
    const random = new Random(1);
    assert.deepEqual(pixels(await centreCrop(2)(square, random)), [33, 34, 43, 44]);
    const corners = new Set<number>();
    for (let i = 0; i < 500; i++) corners.add((await randomCrop([7, 6])(square, random)).toNumbers()[0]!);
    assert.deepEqual(
      [...corners].sort((a, b) => a - b),
      [0, 1, 2, 10, 11, 12],
    );
    const padded = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      padded.add((await randomCrop(8, { padding: 2, fill: 255 })(square, random)).toNumbers().join());
    }
    assert.equal(padded.size, 25); // five places down, five across
    assert.equal([...padded].filter((each) => !each.includes('255')).length, 1);
    assert.throws(
      () => centreCrop(9)(square, random),
      /centreCrop: 9x9 pixels do not fit in an image of 8x8/,
    );
    assert.throws(() => randomCrop(11, { padding: 1 })(square, random), /8x8 with 1 pixels of padding/);
  });

  it('flip as often as asked', async () => {
    const random = new Random(2);
    let flipped = 0;
    for (let i = 0; i < 1000; i++) {
      if ((await randomFlip({ probability: 0.3 })(square, random)).toNumbers()[0] === 7) flipped++;
    }
    assert.ok(Math.abs(flipped - 300) < 5 * Math.sqrt(210), `${flipped}`);
  });

  it('are the same for the same epoch and index, whatever the order, and leave the data as it is', async () => {
    const original = square.clone();
    const all: ImageTransform = compose(
      randomCrop(6, { padding: 1 }),
      randomFlip({ direction: 'vertical' }),
      randomRotation(20),
      randomAffine({ degrees: 5, scale: 0.1, shift: 0.1, turn: 0.3, fill: 'edge' }),
      randomShading(0.2),
      colourJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1 }),
    );
    const data = Dataset.from(Array.from({ length: 6 }, () => ({ input: square }))).map(augment(all));
    const forward: NdArray[] = [];
    for await (const { input } of data.iterate({ epoch: 1, prefetch: 3 })) forward.push(input);
    for (const index of [4, 0, 5]) assert.deepEqual((await data.at(index, 1)).input, forward[index]);
    assert.equal(new Set(forward.map((each) => each.data.join())).size, 6);
    assert.notDeepEqual((await data.at(4, 2)).input, forward[4]);
    assert.deepEqual(square, original);
  });
});
