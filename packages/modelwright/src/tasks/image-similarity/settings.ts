import type { ImageTransform } from '../../data/augment.js';
import {
  colourJitter,
  compose,
  randomAffine,
  randomCrop,
  randomFlip,
  randomRotation,
  randomShading,
} from '../../data/augment.js';
import type { Layer } from '../../nn/layer.js';
import { cosineClasses, mirrorMean, unitLength } from '../../nn/layers/directions.js';
import { instanceNorm } from '../../nn/layers/normalization.js';
import { sequential } from '../../nn/layers/sequential.js';
import { arcFaceLoss, type Loss, tripletLoss } from '../../nn/losses/index.js';
import { type NetworkName, networks } from '../../nn/networks/index.js';
import type { ImageSimilarityTrainOptions } from './options.js';
import { madeHere } from './pictures.js';

/** What is settled of a training once its pictures are known. */
export interface SimilaritySettings {
  readonly networkName: NetworkName;
  /** Pictures to embeddings of length 1, as it is trained. */
  readonly embedding: Layer;
  /** The same over both views of a picture, where it and its mirror image are to count: as it is measured and saved. */
  readonly measured: Layer;
  /** What is trained: the embedding, with what its loss needs behind it. */
  readonly network: Layer;
  readonly loss: Loss;
  /** Triplets are sought in a whole batch, which one worker must then see. */
  readonly wholeBatch: boolean;
  readonly classesPerBatch: number;
  readonly imagesPerClass: number;
  /** Where the network stands among the layers of `embedding`. */
  readonly place: number;
  /** Whether its last layer is fitted anew, and of how many made-up classes for each. */
  readonly refit: { readonly madeUpClasses: number } | undefined;
  /** Numbers in an embedding. */
  readonly dimensions: number;
  readonly epochs: number;
  readonly learningRate: number;
}

interface About {
  readonly classes: number;
  readonly channels: number;
  readonly size: readonly [number, number];
}

/** @throws Error or RangeError naming an option that is unknown or out of range */
export function settingsOf(
  options: ImageSimilarityTrainOptions,
  { classes }: Pick<About, 'classes'>,
): SimilaritySettings {
  const { loss = 'triplet', imagesPerClass = 4, epochs = 40, learningRate = 1e-3 } = options;
  const networkName = requireNetwork(options.model ?? 'small-cnn');
  const classesPerBatch = options.classesPerBatch ?? Math.min(8, classes);
  if (loss === 'triplet' && imagesPerClass < 2) {
    throw new RangeError(
      `Triplets need at least 2 pictures of a class in a batch, but imagesPerClass is ${imagesPerClass}.`,
    );
  }
  if (classesPerBatch < 2 || classesPerBatch > classes) {
    throw new RangeError(
      `A batch can have 2 to ${classes} of the training's classes, but classesPerBatch is ${classesPerBatch}.`,
    );
  }
  const dimensions = dimensionsOf(options, classes);
  const before = options.normalize ? [instanceNorm({ affine: false })] : [];
  const layers = [...before, networks[networkName]({ classes: dimensions })];
  const embedding = sequential(...layers, unitLength());
  // The discriminant is fitted to the mean of both views' features: what it gives for each is added up before lengths become 1.
  const view = options.discriminant ? sequential(...layers) : embedding;
  const common = {
    networkName,
    embedding,
    measured: options.mirrorMean ? mirrorMean(view) : embedding,
    place: before.length,
    refit: options.discriminant ? { madeUpClasses: options.madeUpClasses ?? 0 } : undefined,
    dimensions,
    classesPerBatch,
    imagesPerClass,
    epochs,
    learningRate,
  };
  switch (loss) {
    case 'triplet':
      return { ...common, network: embedding, loss: tripletOf(options), wholeBatch: true };
    case 'arcface': {
      const { margin = 0.5, scale = 30 } = options;
      const network = sequential(embedding, cosineClasses(classes));
      return { ...common, network, loss: arcFaceLoss.with({ margin, scale }), wholeBatch: false };
    }
    default:
      throw new Error(`There is no loss '${loss}' for comparing pictures. There is triplet and arcface.`);
  }
}

/** Most numbers in an embedding where nothing else is said. */
const usualDimensions = 64;

function dimensionsOf(options: ImageSimilarityTrainOptions, classes: number): number {
  const { discriminant = false, madeUpClasses, dimensions } = options;
  if (!discriminant) {
    if (madeUpClasses === undefined) return dimensions ?? usualDimensions;
    throw new Error('Classes are made up for the discriminant alone: ask for discriminant as well.');
  }
  const most = classes * (1 + (madeUpClasses ?? 0)) - 1;
  if (dimensions === undefined) return Math.min(usualDimensions, most);
  if (dimensions <= most) return dimensions;
  throw new RangeError(
    `The discriminant of ${classes} classes${madeUpClasses ? ` and ${madeUpClasses} made-up ones of each` : ''} has ${most} dimensions at most, but dimensions is ${dimensions}.`,
  );
}

const minings = { 'batch-hard': 'batchHard', 'semi-hard': 'semiHard' } as const;

function tripletOf({ margin = 0.3, mining = 'semi-hard' }: ImageSimilarityTrainOptions): Loss {
  if (!Object.hasOwn(minings, mining)) {
    throw new Error(`There is no mining '${mining}'. There is ${Object.keys(minings).join(', ')}.`);
  }
  return tripletLoss.with({ margin, mining: minings[mining as keyof typeof minings] });
}

function requireNetwork(name: string): NetworkName {
  if (Object.hasOwn(networks, name)) return name as NetworkName;
  throw new Error(`There is no network '${name}'. There is ${Object.keys(networks).join(', ')}.`);
}

/** How pictures are varied in training; undefined where they are not. */
export function augmentationOf(
  { data, augment = true, mirror, turn = 0 }: ImageSimilarityTrainOptions,
  { size }: Pick<About, 'size'>,
): ImageTransform | undefined {
  if (!augment) return undefined;
  const drawn = data === madeHere || size[0] <= 32;
  const flips = mirror ?? !drawn;
  if (drawn && !flips && turn === 0) {
    return compose(randomRotation(8), randomCrop(size, { padding: Math.max(1, Math.round(size[0] / 16)) }));
  }
  return compose(
    ...(flips ? [randomFlip()] : []),
    randomAffine({ degrees: 8, scale: 0.08, shift: 0.04, turn, fill: 'edge' }),
    randomShading(0.3),
    colourJitter({ brightness: 0.25, contrast: 0.25 }),
  );
}
