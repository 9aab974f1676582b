import { type Corners, type DrawnBox, drawBoxes } from '../../data/detection/index.js';
import type { NdArray } from '../../graph/array.js';
import type { RunnableModel } from '../../saved/openModel.js';
import { imageInput, readImage } from '../image-classification/prediction.js';
import { foundBoxes } from './measure.js';

/** An object found on an image. */
export interface Detection {
  readonly label: string;
  /** 0 .. 1; not a probability. */
  readonly score: number;
  /** Left, top, right and bottom in pixels of the image. */
  readonly box: Corners;
}

export interface DetectOptions {
  /** Objects that score less are left out. Default: 0.3. */
  readonly threshold?: number | undefined;
}

const defaultThreshold = 0.3;

/** What was found on an image, the surest first. */
export interface DetectedPicture {
  readonly width: number;
  readonly height: number;
  readonly detections: readonly Detection[];
  /** The picture with the boxes drawn on it: the bytes of a PNG. */
  draw(): Promise<Uint8Array>;
}

/**
 * Finds objects on an image.
 * @param source a file, or the bytes of one
 * @throws TypeError when the model is no detector of objects
 * @throws Error when the source is not an image, is cut off, or has too many pixels
 */
export async function detectObjects(
  model: RunnableModel,
  source: string | Uint8Array,
  options: DetectOptions = {},
): Promise<DetectedPicture> {
  return detectOnImage(model, await readImage(imageInput(model.config), source), options);
}

/** Finds objects on a decoded image. @param image uint8 `[1, channels, height, width]` */
export async function detectOnImage(
  model: RunnableModel,
  image: NdArray,
  { threshold = defaultThreshold }: DetectOptions = {},
): Promise<DetectedPicture> {
  const { task, inputs, labels = [] } = model.config;
  if (task !== 'object-detection') throw new TypeError(`The model is for ${task}, not for object-detection.`);
  const { boxes, scores, classes } = await model.run({ [inputs[0]!.name]: image });
  const [found] = foundBoxes({ boxes: boxes!, scores: scores!, classes: classes! });
  const detections = found!
    .filter(({ score }) => score >= threshold)
    .map(({ box, label, score }) => ({ label: labels[label] ?? String(label), score, box }));
  const [, channels, height, width] = image.shape as [number, number, number, number];
  const picture = image.reshape([channels, height, width]);
  return { width, height, detections, draw: () => drawDetections(picture, detections, labels) };
}

/** The image with what was found on it drawn, as a PNG. */
export function drawDetections(
  image: NdArray,
  detections: readonly Detection[],
  labels: readonly string[],
): Promise<Uint8Array> {
  const drawn = [...detections].reverse().map(({ label, score, box }): DrawnBox => {
    return { box, text: `${label} ${score.toFixed(2)}`, colour: Math.max(0, labels.indexOf(label)) };
  });
  return drawBoxes(image, drawn);
}
