import { NdArray } from '../../graph/array.js';
import type { Random } from '../../graph/random.js';
import type { Dataset } from '../dataset.js';
import { type BoxedImage, type LabelledBox, placeImage } from './boxTransforms.js';

/** How much closer than needed an image of a mosaic may be seen. */
const nearest = 1.6;

/**
 * Four images in one, meeting at a random point near the middle (Bochkovskiy et al., 2020): the example and three others at random, each
 * scaled so that it fills its quarter, and cut off there. The others are taken as they are in the first epoch.
 */
export async function mosaic(
  example: BoxedImage,
  others: Dataset<BoxedImage>,
  random: Random,
): Promise<BoxedImage> {
  const [channels, height, width] = example.image.shape as [number, number, number];
  const middle = [random.uniform(0.35, 0.65) * height, random.uniform(0.35, 0.65) * width].map(Math.round);
  const [down, across] = middle as [number, number];
  const chosen = [example];
  for (let i = 0; i < 3; i++) chosen.push(await others.at(random.integer(0, others.length)));
  const image = new NdArray('uint8', [channels, height, width]);
  const boxes: LabelledBox[] = [];
  for (const [i, each] of random.shuffle(chosen).entries()) {
    const [top, left] = [i < 2 ? 0 : down, i % 2 === 0 ? 0 : across];
    const size = [i < 2 ? down : height - down, i % 2 === 0 ? across : width - across] as const;
    const scale = Math.max(size[0] / height, size[1] / width) * random.uniform(1, nearest);
    const placement = {
      scaleX: scale,
      scaleY: scale,
      moveX: random.uniform(size[1] - scale * width, 0),
      moveY: random.uniform(size[0] - scale * height, 0),
    };
    const quarter = placeImage(each, placement, size);
    paste(quarter.image, image, top, left);
    boxes.push(
      ...quarter.boxes.map(({ box: [x1, y1, x2, y2], ...rest }) => {
        return { ...rest, box: [x1 + left, y1 + top, x2 + left, y2 + top] as const };
      }),
    );
  }
  return { image, boxes };
}

function paste(from: NdArray<'uint8'>, to: NdArray<'uint8'>, top: number, left: number): void {
  const [channels, height, width] = from.shape as [number, number, number];
  const [, toHeight, toWidth] = to.shape as [number, number, number];
  for (let row = 0; row < channels * height; row++) {
    const [channel, y] = [Math.floor(row / height), row % height];
    const at = (channel * toHeight + top + y) * toWidth + left;
    to.data.set(from.data.subarray(row * width, (row + 1) * width), at);
  }
}
