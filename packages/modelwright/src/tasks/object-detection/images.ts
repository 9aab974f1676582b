import { Dataset } from '../../data/dataset.js';
import type { AnnotatedImage, BoxedImage, Corners, LabelledBox } from '../../data/detection/index.js';
import { ContentHash } from '../../data/fingerprint.js';
import { letterboxed } from '../../train/detectionForm.js';
import { openResizer } from '../image-classification/resizer.js';

/** Height and width, in pixels. */
export type Size = readonly [height: number, width: number];

const defaultSize = 320;
/** Sides are multiples of this. */
const step = 8;
/** Bytes of images to keep in memory; the rest is decoded again whenever it is read. */
const memoryBudget = 2 * 2 ** 30;

/**
 * The size of the network's input: the frame that holds all images when their longer side has so many pixels.
 * @param longest pixels of the longer side. Default: that of the largest image, no more than 320
 */
export function frameOf(images: readonly AnnotatedImage[], longest?: number): Size {
  const largest = Math.max(...images.map(({ width, height }) => Math.max(width, height)));
  const side = longest ?? Math.min(defaultSize, largest);
  const share = (of: (image: AnnotatedImage) => number): number =>
    Math.max(...images.map((image) => of(image) / Math.max(image.width, image.height)));
  const rounded = (value: number): number => Math.max(step, Math.ceil((side * value) / step - 1e-6) * step);
  return [rounded(share(({ height }) => height)), rounded(share(({ width }) => width))];
}

/** Images of one size with their boxes, by number of class. Their pixels are what the saved model's graph would see. */
export function framedImages(
  images: readonly AnnotatedImage[],
  size: Size,
  classNames: readonly string[],
): Dataset<BoxedImage> {
  let resizer: ReturnType<typeof openResizer> | undefined;
  let memory = memoryBudget;
  const kept = new Map<number, BoxedImage>();
  const read = async (index: number): Promise<BoxedImage> => {
    const known = kept.get(index);
    if (known) return known;
    const annotated = images[index]!;
    resizer ??= openResizer(3, size, letterboxed);
    const image = (await (await resizer).resize(await annotated.read())) as BoxedImage['image'];
    const framed = { image, boxes: framedBoxes(annotated, size, classNames) };
    if (image.byteLength <= memory && !kept.has(index)) {
      memory -= image.byteLength;
      kept.set(index, framed);
    }
    return framed;
  };
  return new Dataset<BoxedImage>({
    length: images.length,
    at: read,
    classNames,
    fingerprint: () => {
      const hash = new ContentHash();
      for (const { name, width, height, objects } of images) {
        hash.add(JSON.stringify([name, width, height, objects]));
      }
      return hash.digest();
    },
  });
}

function framedBoxes(
  { width, height, objects }: AnnotatedImage,
  size: Size,
  classNames: readonly string[],
): LabelledBox[] {
  const scale = Math.min(size[0] / height, size[1] / width);
  return objects.map(({ label, box, ignored }) => {
    const [x1, y1, x2, y2] = box;
    const scaled: Corners = [x1 * scale, y1 * scale, x2 * scale, y2 * scale];
    return { box: scaled, label: classNames.indexOf(label), ...(ignored && { ignored }) };
  });
}

/** The most boxes on one image, and at least one. */
export const mostBoxes = (...parts: readonly (readonly AnnotatedImage[])[]): number =>
  Math.max(1, ...parts.flat().map(({ objects }) => objects.length));
