import type { NdArray } from '../../graph/array.js';
import type { ModelConfig } from '../../saved/config.js';
import {
  InvalidInputError,
  type OpenModelOptions,
  openModel,
  type RunnableModel,
} from '../../saved/openModel.js';
import type { GenerateOptions } from './options.js';
import { gridOf, inBatches, pictureAt, seedsOf, walkOf } from './samples.js';
import { taskName } from './saved.js';

/** A picture that was made. */
export interface GeneratedPicture {
  /** uint8 [channels, height, width] */
  readonly image: NdArray<'uint8'>;
  /** Name of the class it is of, where the generator is told one. */
  readonly label: string | undefined;
}

/** Names of the classes that a saved generator may be asked for; none where it is told no class. */
export const generatorLabels = ({ inputs, labels = [] }: ModelConfig): readonly string[] =>
  inputs.some(({ name }) => name === 'label') ? labels : [];

/** A saved generator of pictures. */
export class ImageGenerator {
  /** Names of the classes that may be asked for; none where the generator is told no class. */
  readonly labels: readonly string[];
  readonly #model: RunnableModel;
  readonly #latent: number;

  constructor(model: RunnableModel, latent: number) {
    this.#model = model;
    this.#latent = latent;
    this.labels = generatorLabels(model.config);
  }

  /**
   * Makes pictures. The n-th of a seed is the same however many are made, unless they lead towards another.
   * @throws InvalidInputError for a class that the generator does not know
   */
  async generate(options: GenerateOptions = {}): Promise<GeneratedPicture[]> {
    const { count = 16 } = options;
    const labels = this.#labelsFor(count, options);
    const pictures = await this.#make(labels ?? count, options);
    return Array.from({ length: count }, (_, i) => ({
      image: pictureAt(pictures, i),
      label: labels && this.labels[labels[i]!],
    }));
  }

  /** The same pictures as one, side by side. @param columns pictures in a row; default: a class a column, or as many as rows */
  async generateGrid(
    options: GenerateOptions & { readonly columns?: number } = {},
  ): Promise<NdArray<'uint8'>> {
    const { count = 16, columns } = options;
    const pictures = await this.#make(this.#labelsFor(count, options) ?? count, options);
    const square = Math.ceil(Math.sqrt(count));
    const byClass = options.class === undefined && this.labels.length > 0 && this.labels.length <= count;
    return gridOf(pictures, columns ?? (byClass ? this.labels.length : square));
  }

  /** Frees what the model holds. */
  release(): Promise<void> {
    return this.#model.release();
  }

  #labelsFor(count: number, { class: wanted }: GenerateOptions): number[] | undefined {
    if (this.labels.length === 0) {
      if (wanted === undefined) return undefined;
      throw new InvalidInputError('This generator is told no class; leave it out.');
    }
    const only = wanted === undefined ? undefined : this.labels.indexOf(wanted);
    if (only === -1) {
      throw new InvalidInputError(`There is no class '${wanted}'. Classes: ${this.labels.join(', ')}.`);
    }
    return Array.from({ length: count }, (_, i) => only ?? i % this.labels.length);
  }

  async #make(
    labels: readonly number[] | number,
    { seed = 0, towards, class: wanted }: GenerateOptions,
  ): Promise<NdArray<'uint8'>> {
    const latent = this.#latent;
    const together = wanted === undefined ? Math.max(1, this.labels.length) : 1;
    const seeds =
      towards === undefined
        ? seedsOf(labels, { latent, seed })
        : walkOf(labels, { latent, seed, towards, together });
    return inBatches(seeds, async ([latent, label]) => {
      const { image } = await this.#model.run({ latent: latent!, ...(label && { label }) });
      return image!;
    });
  }
}

/**
 * Opens a saved generator of pictures.
 *
 *     const generator = await openImageGenerator('models/digits');
 *     const [seven] = await generator.generate({ count: 1, class: '7', seed: 3 });
 * @throws Error when the model is for something else
 */
export async function openImageGenerator(
  directory: string,
  options: OpenModelOptions = {},
): Promise<ImageGenerator> {
  return imageGeneratorOf(await openModel(directory, options));
}

/** The same, over a model that is open; releasing it releases the model. */
export function imageGeneratorOf(model: RunnableModel): ImageGenerator {
  const { task, preprocessing } = model.config;
  if (task !== taskName || typeof preprocessing?.latent !== 'number') {
    throw new Error(`This is not a model that makes pictures: it is for ${task}.`);
  }
  return new ImageGenerator(model, preprocessing.latent);
}
