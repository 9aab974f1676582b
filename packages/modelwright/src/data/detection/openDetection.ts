import { stat } from 'node:fs/promises';
import { decodeImage, imageSize } from '../images.js';
import type { AnnotatedImage, DetectionData } from './annotations.js';
import { findCoco, readCoco } from './coco.js';
import { isPascalVoc, readPascalVoc } from './pascalVoc.js';
import { type AnnotationProblem, checkObjects, type OnProblem, requireNoProblems } from './problems.js';
import { namesIn, type RawDetection, type RawImage, reasonOf } from './raw.js';
import { drawnShapes } from './shapes.js';
import { findYolo, readYolo } from './yolo.js';

export interface OpenDetectionOptions {
  /** The classes in the order of their numbers. Default: those of the format's list, or all that occur, sorted by name. */
  readonly classNames?: readonly string[] | undefined;
  /** Whether to go on without what is wrong, naming and counting it, or to refuse the data. Default: 'skip'. */
  readonly onProblem?: OnProblem | undefined;
}

export interface OpenedDetection extends DetectionData {
  /** `Pascal VOC`, `COCO`, `YOLO`, or `drawn`. */
  readonly format: string;
  /** What was wrong and is left out. */
  readonly problems: readonly AnnotationProblem[];
}

/**
 * Opens images with boxes: a folder laid out as Pascal VOC's, COCO's or YOLO's, COCO's JSON file, YOLO's YAML file, or `shapes`, drawn here.
 * Sizes of images are read from their files; pixels are decoded when asked for.
 * @throws Error when there is no such data, no image is left, or something is wrong and is not to be skipped
 */
export async function openDetection(
  source: string,
  options: OpenDetectionOptions = {},
): Promise<OpenedDetection> {
  const { onProblem = 'skip' } = options;
  if (source === 'shapes') return { ...drawnShapes(), format: 'drawn', problems: [] };
  const raw = await readAny(source);
  const problems = [...raw.problems];
  const all = Object.values(raw.parts).flat();
  const occurring = [...new Set(all.flatMap(({ objects }) => objects.map(({ label }) => label)))].sort();
  const classNames = options.classNames ?? raw.classNames ?? occurring;
  const part = async (images: readonly RawImage[] = []): Promise<AnnotatedImage[]> =>
    (await Promise.all(images.map((image) => opened(image, classNames, problems)))).flat();
  const data = {
    train: await part(raw.parts.train),
    validation: await part(raw.parts.validation),
    test: await part(raw.parts.test),
  };
  // Files are read at once, and come back in any order.
  problems.sort((a, b) => a.name.localeCompare(b.name, 'en'));
  requireNoProblems(source, problems, onProblem);
  if (classNames.length === 0) throw new Error(`${source} has no box on any image.`);
  if (Object.values(data).flat().length === 0) {
    throw new Error(`${source} has no image that can be used (${raw.format}).`);
  }
  return { ...data, classNames, format: raw.format, problems };
}

async function readAny(source: string): Promise<RawDetection> {
  const entry = await stat(source).catch(() => undefined);
  if (!entry) {
    throw new Error(`There is no folder or file '${source}'. Made on this machine is: shapes.`);
  }
  if (isPascalVoc(await namesIn(source))) return readPascalVoc(source);
  const yolo = await findYolo(source);
  if (yolo) return readYolo(yolo, imageSize);
  const coco = await findCoco(source);
  if (coco) return readCoco(coco);
  throw new Error(
    `${source} is of no known layout of images with boxes. Expected Pascal VOC's Annotations/*.xml and JPEGImages/, ` +
      "COCO's annotations/*.json, or YOLO's data.yaml.",
  );
}

async function opened(
  { name, file, objects }: RawImage,
  classNames: readonly string[],
  problems: AnnotationProblem[],
): Promise<AnnotatedImage[]> {
  try {
    const size = await imageSize(file);
    return [checkObjects({ name, objects, ...size, read: () => decodeImage(file) }, classNames, problems)];
  } catch (error) {
    problems.push({ kind: 'unreadable', name, detail: reasonOf(error) });
    return [];
  }
}
