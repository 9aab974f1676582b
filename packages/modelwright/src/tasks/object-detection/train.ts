import { basename, resolve } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import {
  type AnnotatedImage,
  augmentBoxes,
  boxDataset,
  type OpenedDetection,
  openDetection,
  problemLines,
} from '../../data/detection/index.js';
import { Random } from '../../graph/random.js';
import { adamW, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { framedImages, frameOf, mostBoxes, type Size } from './images.js';
import { DetectorMeter, measureDetector } from './measure.js';
import { type DetectorKind, requireDetector } from './models.js';
import type { ObjectDetectionTrainOptions } from './options.js';
import { reportFiles } from './report.js';

const taskName = 'object-detection';
const defaultSplit = 0.2;

/**
 * Trains a detector of objects on images with boxes, measures it, and saves it with a model card. Of its epochs the one with the best mean
 * average precision on the part for validation is kept; what is told of it is measured on the test part, where there is one.
 * @throws Error when the data cannot be read or used, or the folder to save in holds something else
 */
export async function trainObjectDetector(options: ObjectDetectionTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'fcos', onEvent } = options;
  const kind = requireDetector(model);
  await checkModelDestination(out);
  const started = performance.now();
  const dataName = basename(resolve(data));
  const opened = await openDetection(data, { onProblem: options.onProblem });
  for (const text of problemLines(opened.problems)) onEvent?.({ kind: 'note', text });
  const parts = partsOf(opened, options);
  const size = frameOf(parts.train, options.imageSize);
  const { classNames } = opened;
  const trained = await trainDetector(kind, { options, model, classNames, size, ...parts });
  const part = measuredPart(parts);
  const measured = await measureDetector(trained, heldDataset(part.images, size, classNames), options);
  const evaluation = {
    data: `${dataName} (${part.name})`,
    examples: part.images.length,
    metrics: measured.metrics,
  };
  await trained.save(out, {
    data: dataName,
    description:
      `Finds ${listed(classNames)} on images and puts a box around each: ${kind.description}, for images of ` +
      `${size[1]} x ${size[0]} pixels. Others are scaled to fit.`,
    evaluation,
    ...(await reportFiles(trained, { ...measured, evaluation, images: part.images, classNames })),
  });
  return finishTraining(options, {
    task: taskName,
    model,
    metrics: measured.metrics,
    epochs: trained.training.epochs,
    started,
  });
}

/** Images by what they are for. */
export interface DetectionParts {
  readonly train: readonly AnnotatedImage[];
  readonly validation: readonly AnnotatedImage[];
  readonly test: readonly AnnotatedImage[];
}

/** The parts that the data has; where it has nothing to validate on, a share of what is there to learn from. */
function partsOf(
  { train, validation, test }: OpenedDetection,
  { validationSplit = defaultSplit, seed = 0, data }: ObjectDetectionTrainOptions,
): DetectionParts {
  const held = validation.length > 0 ? 0 : Math.floor(validationSplit * train.length);
  const order = held > 0 ? [...new Random(seed).permutation(train.length)].map((i) => train[i]!) : train;
  const parts = { train: order.slice(held), validation: [...validation, ...order.slice(0, held)], test };
  if (parts.train.length === 0) throw new Error(`${data} has no image to learn from.`);
  return parts;
}

/** What a detector is measured on in the end. */
export function measuredPart({ train, validation, test }: DetectionParts): {
  readonly name: string;
  readonly images: readonly AnnotatedImage[];
} {
  if (test.length > 0) return { name: 'test', images: test };
  return validation.length > 0
    ? { name: 'validation', images: validation }
    : { name: 'train', images: train };
}

/** Images as they are, for measuring. */
export function heldDataset(
  images: readonly AnnotatedImage[],
  size: Size,
  classNames: readonly string[],
): Dataset {
  return boxDataset(framedImages(images, size, classNames), { maximumBoxes: mostBoxes(images) });
}

interface DetectorTraining extends DetectionParts {
  readonly options: ObjectDetectionTrainOptions;
  readonly model: string;
  readonly classNames: readonly string[];
  readonly size: Size;
}

async function trainDetector(kind: DetectorKind, training: DetectorTraining): Promise<TrainedModel> {
  const { options, model, classNames, size, train, validation } = training;
  const {
    epochs = kind.epochs,
    batchSize = kind.batchSize,
    learningRate = kind.learningRate,
    seed = 0,
  } = options;
  const { augment = true, mosaic = 0.3, upsideDown = false } = options;
  // A mosaic may show the boxes of four images.
  const examples = boxDataset(framedImages(train, size, classNames), {
    maximumBoxes: (augment && mosaic > 0 ? 2 : 1) * mostBoxes(train),
    seed,
    ...(augment && { mosaic, transform: augmentBoxes({ flipVertical: upsideDown }) }),
  });
  const layers = kind.make(classNames.length);
  const held = heldDataset(validation, size, classNames);
  const meter = new DetectorMeter({ model: layers, loss: kind.loss, classes: classNames.length, size });
  const steps = epochs * Math.ceil(train.length / batchSize);
  return trainNetwork(
    layers,
    examples,
    {
      loss: kind.loss,
      optimizer: adamW(cosineDecay(learningRate, { steps, warmup: Math.min(200, Math.floor(steps / 10)) }), {
        weightDecay: 0.05,
      }),
      clipNorm: 10,
      average: averageOver(steps),
      epochs,
      batchSize,
      ...(validation.length > 0 && {
        measure: async (variables) => (await meter.measure(variables, held)).metrics,
        keepBest: { metric: 'mAP@0.5' },
      }),
    },
    { options, model, classes: classNames, examples: { train: train.length, validation: validation.length } },
  ).finally(() => meter.release());
}

/** The decay of the running average of the parameters: it reaches back over a twentieth of the training, at most 500 steps. */
const averageOver = (steps: number): number => 1 - Math.max(1 / 500, Math.min(0.5, 20 / steps));

const listed = (classNames: readonly string[]): string =>
  classNames.length > 12 ? `objects of ${classNames.length} classes` : classNames.join(', ');
