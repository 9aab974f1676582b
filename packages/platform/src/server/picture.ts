import type { Context } from 'hono';
import type { NdArray } from 'modelwright/runtime';
import type { ModelConfig } from 'modelwright/saved';
import { imageInput, readImage } from 'modelwright/tasks';
import { badRequest } from './errors.js';
import { fileBytes, maxPixels, pictureFile } from './reading.js';

/**
 * The picture in a request, decoded for a model: a batch of one, uint8 `[1, channels, height, width]`.
 * @throws ServiceError when there is none, or it cannot be read
 */
export async function readPicture(c: Context, config: ModelConfig): Promise<NdArray> {
  const bytes = await fileBytes(c, pictureFile);
  return readImage(imageInput(config), bytes, { maxPixels }).catch((error: Error) => {
    throw badRequest(error.message);
  });
}
