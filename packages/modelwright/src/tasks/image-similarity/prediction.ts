import { join } from 'node:path';
import { NdArray } from '../../graph/array.js';
import { dot } from '../../nn/vectors.js';
import { type OpenModelOptions, openModel, type RunnableModel } from '../../saved/openModel.js';
import { imageInput, readImage } from '../image-classification/prediction.js';
import { picturesIn } from '../pictureFolder.js';
import { joinRows } from './embed.js';
import { Gallery, type SimilarPicture } from './gallery.js';
import { taskName } from './saved.js';
import { type OpenGalleryOptions, openSavedGallery } from './savedGallery.js';

/** A picture: a file, or the bytes of one. */
export type PictureSource = string | Uint8Array;

/** How alike two pictures are. */
export interface Comparison {
  /** Cosine of the angle between the embeddings, from -1 to 1. */
  readonly similarity: number;
  /** Whether that is enough to take them for pictures of one class, by the threshold at the equal error rate. */
  readonly same: boolean;
}

/** A saved model that compares pictures. */
export class ImageSimilarity {
  /** The similarity from which on two pictures are taken to be of one class. */
  readonly threshold: number;
  /** The pictures saved with the model. */
  readonly gallery: Gallery;
  readonly #model: RunnableModel;

  constructor(model: RunnableModel, threshold: number, gallery: Gallery) {
    this.#model = model;
    this.threshold = threshold;
    this.gallery = gallery;
  }

  /**
   * The embedding of a picture, of length 1.
   * @throws Error when it is not a picture, or is cut off
   */
  async embed(source: PictureSource): Promise<Float32Array> {
    return this.embedPixels(await readImage(imageInput(this.#model.config), source));
  }

  /** The embedding of a picture that is decoded, uint8 [1, channels, height, width]. */
  async embedPixels(image: NdArray): Promise<Float32Array> {
    const { inputs, outputs } = this.#model.config;
    const results = await this.#model.run({ [inputs[0]!.name]: image });
    return results[outputs[0]!.name]!.data as Float32Array;
  }

  /** How alike two pictures are, by their embeddings. */
  compare(a: Float32Array, b: Float32Array): Comparison {
    const similarity = dot(a, b);
    return { similarity, same: similarity >= this.threshold };
  }

  /** The pictures of a gallery most like a picture, most alike first. Default: of the gallery saved with the model. */
  async nearest(source: PictureSource, k = 5, gallery = this.gallery): Promise<SimilarPicture[]> {
    return gallery.nearest(await this.embed(source), k);
  }

  /**
   * Makes a gallery of the pictures in a folder.
   * @param onSkip told of each file that is no picture or is damaged
   * @throws Error when there is no picture in it
   */
  async openGallery(folder: string, onSkip?: (reason: string) => void): Promise<Gallery> {
    const names: string[] = [];
    const rows: NdArray[] = [];
    for (const name of await picturesIn(folder)) {
      try {
        const row = await this.embed(join(folder, name));
        rows.push(new NdArray('float32', [1, row.length], Float32Array.from(row)));
        names.push(name);
      } catch (error) {
        onSkip?.((error as Error).message);
      }
    }
    if (names.length === 0) throw new Error(`${folder} holds no picture that can be read.`);
    return new Gallery(names, joinRows(rows));
  }

  /** Frees what the model holds. */
  release(): Promise<void> {
    return this.#model.release();
  }
}

/**
 * Opens a saved model that compares pictures.
 * @throws Error when the model is for something else, or its gallery is missing or damaged
 */
export async function openImageSimilarity(
  directory: string,
  { exact, onNote, ...options }: OpenModelOptions & OpenGalleryOptions = {},
): Promise<ImageSimilarity> {
  return imageSimilarityOf(directory, await openModel(directory, options), { exact, onNote });
}

/** The same, over a model that is open; releasing it releases the model. */
export async function imageSimilarityOf(
  directory: string,
  model: RunnableModel,
  options: OpenGalleryOptions = {},
): Promise<ImageSimilarity> {
  const { task, preprocessing, outputs } = model.config;
  const threshold = preprocessing?.threshold;
  if (task !== taskName || typeof threshold !== 'number') {
    throw new Error(`${directory} is not a model that compares pictures: it is for ${task}.`);
  }
  const gallery = await openSavedGallery(directory, options);
  const [found, expected] = [gallery.embeddings.shape[1], outputs[0]?.shape.at(-1)];
  if (found !== expected) {
    throw new Error(
      `The gallery of ${directory} has embeddings of ${found} numbers, but the model makes ${expected}: it is of another model. Save or copy the model again.`,
    );
  }
  return new ImageSimilarity(model, threshold, gallery);
}
