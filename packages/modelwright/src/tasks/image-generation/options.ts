import type { EvaluateOptions, NetworkTrainOptions } from '../options.js';

/** How to learn to make pictures. What is left out takes the task's default. */
export interface ImageGenerationTrainOptions extends Omit<NetworkTrainOptions, 'validationSplit'> {
  /**
   * A folder with a folder of pictures for each class, or with pictures alone; MNIST's file layout; or a data set by name, such as `digits`,
   * which is made on this machine.
   */
  readonly data: string;
  /** What the two networks are trained with: `hinge`, `non-saturating` or `wasserstein` (with a gradient penalty). Default: `hinge`. */
  readonly loss?: string | undefined;
  /** Whether the generator is told which class to make. Default: where there are two classes or more. */
  readonly conditional?: boolean | undefined;
  /** Numbers in a latent vector. Default: 64. */
  readonly latent?: number | undefined;
  /** Channels at half the pictures' size; twice as many at each size below. Default: 32. */
  readonly width?: number | undefined;
  /** Height and width that pictures are brought to: 4 .. 7 times a power of two. Default: 32 for folders. */
  readonly imageSize?: number | undefined;
  /** 1: pictures of a folder are taken as grey; 3: in colour. Default: 3. */
  readonly channels?: 1 | 3 | undefined;
  /** Whether the discriminator's weights are divided by their spectral norm. Default: unless the loss is `wasserstein`. */
  readonly spectral?: boolean | undefined;
  /** Steps of the discriminator for each of the generator. Default: 1; 5 for `wasserstein`. */
  readonly criticSteps?: number | undefined;
  /** Decay of the running average of the parameters, which is what is saved. Default: 0.99. */
  readonly average?: number | undefined;
  /** Steps of the discriminator after which it is measured and a grid of samples drawn. Default: once through the data. */
  readonly stepsPerEpoch?: number | undefined;
  /** A saved classifier of such pictures to measure with; false: do not measure. Default: one is trained first, where there are classes. */
  readonly judge?: string | false | undefined;
  /** How many pictures are made to be measured. Default: 5,000, or as many as there are. */
  readonly measuredSamples?: number | undefined;
}

/** How to measure a saved generator: against pictures like those of its training. */
export type ImageGenerationEvaluateOptions = Omit<EvaluateOptions, 'batchSize'>;

/** Which pictures to make. */
export interface GenerateOptions {
  /** How many. Default: 16. */
  readonly count?: number | undefined;
  /** Name of the class. Default: each class in turn. */
  readonly class?: string | undefined;
  /** Equal seeds make equal pictures. Default: 0. */
  readonly seed?: number | undefined;
  /**
   * Another seed: the pictures lead from the first one of `seed` to the first one of this, in equal steps on an arc; where each class has its
   * turn, a step is a round of all classes. Default: each picture is another.
   */
  readonly towards?: number | undefined;
}
