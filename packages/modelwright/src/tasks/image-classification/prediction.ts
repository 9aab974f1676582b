import { decodeImage } from '../../data/images.js';
import type { NdArray } from '../../graph/array.js';
import { formatType } from '../../graph/tensor.js';
import type { ModelConfig } from '../../saved/config.js';
import type { RunnableModel } from '../../saved/openModel.js';
import { type Prediction, topPredictions } from '../predictions.js';

/** What an image classifier takes. */
export interface ImageInput {
  /** Name of the input. */
  readonly name: string;
  /** 3 for red, green, blue; 1 for grey. */
  readonly channels: 1 | 3;
  /** `[height, width]`, where the model takes only one size. */
  readonly size: readonly [number, number] | undefined;
}

/**
 * What image a saved model takes.
 * @throws TypeError when its input is not `uint8 [batch, channels, height, width]` with 1 or 3 channels
 */
export function imageInput({ inputs }: ModelConfig): ImageInput {
  const [input] = inputs;
  const [, channels, height, width] = input?.shape ?? [];
  if (
    inputs.length !== 1 ||
    input?.dtype !== 'uint8' ||
    input.shape.length !== 4 ||
    (channels !== 1 && channels !== 3)
  ) {
    throw new TypeError(
      `The model takes ${inputs.map((spec) => `${spec.name}: ${formatType(spec)}`).join(', ')}, ` +
        'but a model for images takes one uint8[batch, channels, height, width] of 1 or 3 channels.',
    );
  }
  const size =
    typeof height === 'number' && typeof width === 'number' ? ([height, width] as const) : undefined;
  return { name: input.name, channels, size };
}

/**
 * Decodes an image for a model, a batch of one: uint8 `[1, channels, height, width]`.
 * @param source a file, or the bytes of one
 * @throws Error when it is not an image, is cut off, or has more than `maxPixels` pixels
 */
export async function readImage(
  { channels, size }: ImageInput,
  source: string | Uint8Array,
  options: { readonly maxPixels?: number } = {},
): Promise<NdArray<'uint8'>> {
  const image = await decodeImage(source, { channels, size, fit: 'fill', ...options });
  return image.reshape([1, ...image.shape]);
}

/**
 * Classifies images, one after another.
 * @param sources files, or the bytes of files
 * @param options.top the most classes to give for each image; default 5
 * @returns for each image its likeliest classes, likeliest first
 */
export async function predictImages(
  model: RunnableModel,
  sources: readonly (string | Uint8Array)[],
  { top = 5 }: { readonly top?: number } = {},
): Promise<Prediction[][]> {
  const input = imageInput(model.config);
  const results: Prediction[][] = [];
  for (const source of sources) {
    const outputs = await model.run({ [input.name]: await readImage(input, source) });
    results.push(topPredictions(model.config.labels, outputs[model.config.outputs[0]!.name]!, top));
  }
  return results;
}
