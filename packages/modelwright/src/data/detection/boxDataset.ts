import { NdArray } from '../../graph/array.js';
import type { Dataset } from '../dataset.js';
import type { BoxedImage, BoxTransform, LabelledBox } from './boxTransforms.js';
import { mosaic } from './mosaic.js';

export interface BoxDatasetOptions {
  /** Room for boxes in each target; of more the largest are kept. */
  readonly maximumBoxes: number;
  /** Applied to each image afresh in every epoch. */
  readonly transform?: BoxTransform | undefined;
  /** How often an image is a mosaic of itself and three others, 0 .. 1. Default: 0. */
  readonly mosaic?: number | undefined;
  /** The source of what is drawn at random. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * Images with boxes, all of one size, as examples: `{ input: uint8 [channels, height, width], target: float32 [maximumBoxes, 5] }`, each
 * row of the target x1, y1, x2, y2 in pixels and the number of the class. The number is -1 where there is no box, and -2 - class for a box
 * that is to be ignored in measuring.
 */
export function boxDataset(images: Dataset<BoxedImage>, options: BoxDatasetOptions): Dataset {
  const { maximumBoxes, transform, seed = 0, mosaic: share = 0 } = options;
  const changed = images.map(
    async (example, { random }) => {
      const joined = random.chance(share) ? await mosaic(example, images, random) : example;
      return transform ? transform(joined, random) : joined;
    },
    { seed },
  );
  return changed.map(({ image, boxes }) => {
    return { input: image as NdArray, target: boxTarget(boxes, maximumBoxes) as NdArray };
  });
}

/** Boxes as rows: float32 [maximum, 5]. */
function boxTarget(boxes: readonly LabelledBox[], maximum: number): NdArray<'float32'> {
  const target = new NdArray('float32', [maximum, 5]);
  target.data.fill(-1);
  const area = ({ box }: LabelledBox): number => (box[2] - box[0]) * (box[3] - box[1]);
  const kept =
    boxes.length > maximum ? [...boxes].sort((a, b) => area(b) - area(a)).slice(0, maximum) : boxes;
  for (const [row, { box, label, ignored }] of kept.entries()) {
    target.data.set([...box, ignored ? -2 - label : label], 5 * row);
  }
  return target;
}

/** The boxes of one target [boxes, 5] as `boxDataset` wrote them. */
export function boxesOfTarget(target: ArrayLike<number>): LabelledBox[] {
  const boxes: LabelledBox[] = [];
  for (let row = 0; row + 5 <= target.length; row += 5) {
    const [x1, y1, x2, y2, label] = Array.from({ length: 5 }, (_, i) => target[row + i]!) as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (label === -1) continue;
    const ignored = label < -1;
    boxes.push({ box: [x1, y1, x2, y2], label: ignored ? -2 - label : label, ...(ignored && { ignored }) });
  }
  return boxes;
}
