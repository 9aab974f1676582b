import type { Context } from 'hono';
import type { RunnableModel } from 'modelwright/saved';
import { imageInput, readImage } from 'modelwright/tasks';
import { ServiceError } from './errors.js';
import type { RequestPredictor } from './predictor.js';
import { badRequest } from './tensorJson.js';

/** The most pixels of a picture: those of a good camera, decoded 150 MB. */
const maxPixels = 50_000_000;

/** Reads pictures for a classifier: the body of a request, or the first file of a form. */
export async function openImagePredictor({ config }: RunnableModel): Promise<RequestPredictor> {
  const input = imageInput(config);
  return {
    async read(c) {
      const bytes = await imageBytes(c);
      const image = await readImage(input, bytes, { maxPixels }).catch((error: Error) => {
        throw badRequest(error.message);
      });
      return { inputs: { [input.name]: image } };
    },
  };
}

/** The picture in a request: its body, or the first file of a form. */
async function imageBytes(c: Context): Promise<Uint8Array> {
  const type = (c.req.header('Content-Type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'multipart/form-data') {
    const form = await c.req.formData().catch((error: Error) => {
      throw badRequest(`The form cannot be read: ${error.message}.`);
    });
    for (const value of form.values())
      if (value instanceof File) return new Uint8Array(await value.arrayBuffer());
    throw badRequest('The form has no file. Send the picture as a file field.');
  }
  if (type !== '' && type !== 'application/octet-stream' && !type.startsWith('image/')) {
    throw new ServiceError(
      415,
      `A picture is expected, not ${type}. Send its bytes with Content-Type: image/png (or the like), or as a file of a form.`,
    );
  }
  return new Uint8Array(await c.req.arrayBuffer());
}
