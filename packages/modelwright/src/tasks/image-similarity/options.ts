import type { EvaluateResult } from '../events.js';
import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';
import type { SimilarityPreset } from './presets.js';
import type { GalleryIndex } from './savedGallery.js';

/** How to learn to compare pictures. What is left out takes the task's default. */
export interface ImageSimilarityTrainOptions extends NetworkTrainOptions {
  /**
   * A folder with a folder of pictures for each class, such as a person or an article; perhaps below `train/` and `test/`, whose classes
   * differ; MNIST's file layout; or a data set by name, such as `characters`, which is made on this machine.
   */
  readonly data: string;
  /** Settings chosen for what the pictures show, where the options below say nothing: `faces`, all cut out alike. Default: none. */
  readonly preset?: SimilarityPreset | undefined;
  /** Name of the network: `small-cnn`, `aligned-cnn`, `resnet18`, ... Default: `small-cnn`. */
  readonly model?: string | undefined;
  /** What the network is trained with: `triplet` or `arcface`. Default: `triplet`. */
  readonly loss?: string | undefined;
  /** How triplets are chosen: `semi-hard` or `batch-hard`. Default: `semi-hard`. */
  readonly mining?: string | undefined;
  /** By how much classes are to lie apart: a distance for `triplet` (0.3), an angle in radians for `arcface` (0.5). */
  readonly margin?: number | undefined;
  /** How sharply `arcface` tells classes apart: cosines are multiplied by it. Default: 30; fewer classes want less. */
  readonly scale?: number | undefined;
  /** Whether each channel of a picture is brought to mean 0 and deviation 1 first, so that light matters less. Default: false. */
  readonly normalize?: boolean | undefined;
  /** Whether an embedding is the mean of those of a picture and of its mirror image. Default: false. */
  readonly mirrorMean?: boolean | undefined;
  /**
   * Whether the last layer is fitted anew after the training: by the linear discriminant of what comes before it, over varied pictures. It
   * suits few classes. Default: false.
   */
  readonly discriminant?: boolean | undefined;
  /** How many classes the discriminant makes up of each, by distorting its pictures in one way; for faces. Default: 0. */
  readonly madeUpClasses?: number | undefined;
  /** Numbers in an embedding; with `discriminant` fewer than there are classes, made-up ones included. Default: 64, or as many as there can be. */
  readonly dimensions?: number | undefined;
  /** Different classes in each batch. Default: 8, or all where there are fewer. */
  readonly classesPerBatch?: number | undefined;
  /** Pictures of each class in a batch; with the classes it makes the batch's size. Default: 4. */
  readonly imagesPerClass?: number | undefined;
  /** Height and width that pictures are brought to, in pixels. Default: 64 for folders. */
  readonly imageSize?: number | undefined;
  /** 1: pictures of a folder are taken as grey; 3: in colour. Default: 3. */
  readonly channels?: 1 | 3 | undefined;
  /** Whether pictures are shifted, turned and, but for writing, lit differently while training. Default: true. */
  readonly augment?: boolean | undefined;
  /** How far heads are turned while training, as the share of half the width that the middle of the picture moves by. Default: 0. */
  readonly turn?: number | undefined;
  /** Whether pictures are mirrored too: not for writing. Default: for those of folders above 32 pixels. */
  readonly mirror?: boolean | undefined;
  /** Names of the classes to hold out. Default: the last ones, as many as `validationSplit` says. */
  readonly heldOutClasses?: readonly string[] | undefined;
  /** Folder of pictures to be found by the saved model. Default: those of the training, held out ones included. */
  readonly gallery?: string | undefined;
  /** How the saved model finds pictures: `exact`, or by an index, `hnsw`. Default: by an index from 20,000 pictures on, where there is the library. */
  readonly index?: GalleryIndex | undefined;
}

/** How to measure a saved model on pictures: on those of classes that it has not seen, where it knows them by name. */
export type ImageSimilarityEvaluateOptions = EvaluateOptions;

/** What was measured. */
export interface SimilarityEvaluateResult extends EvaluateResult {
  /** How many classes the pictures are of, and how many of these the training has seen. */
  readonly classes: { readonly measured: number; readonly seen: number };
  /** The similarity from which on two pictures are taken to be of one class, at the equal error rate. */
  readonly threshold: number;
}
