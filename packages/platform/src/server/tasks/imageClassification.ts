import type { Context } from 'hono';
import type { RunnableModel } from 'modelwright/saved';
import { imageInput, readImage, topPredictions } from 'modelwright/tasks';
import { badRequest, ServiceError } from '../errors.js';
import { contentType, topOf } from '../reading.js';
import type { ServedTask } from './task.js';

/** The most pixels of a picture: those of a good camera, decoded 150 MB. */
const maxPixels = 50_000_000;

/** A picture, as the body or the first file of a form: its likeliest classes. */
export const imageClassification: ServedTask<RunnableModel> = {
  input: 'picture',
  open: async ({ model }) => model,
  async read(c, config) {
    const top = topOf(c);
    const input = imageInput(config);
    const image = await readImage(input, await imageBytes(c), { maxPixels }).catch((error: Error) => {
      throw badRequest(error.message);
    });
    return {
      async answer(model) {
        const outputs = await model.run({ [input.name]: image });
        return { predictions: topPredictions(config.labels, outputs[config.outputs[0]!.name]!, top) };
      },
    };
  },
};

/** The picture in a request: its body, or the first file of a form. */
async function imageBytes(c: Context): Promise<Uint8Array> {
  const type = contentType(c);
  if (type === 'multipart/form-data') {
    const form = await c.req.formData().catch((error: Error) => {
      throw badRequest(`The form cannot be read: ${error.message}.`);
    });
    for (const value of form.values())
      if (value instanceof File) return new Uint8Array(await value.arrayBuffer());
    throw badRequest('The form has no file. Send the picture as a file field.');
  }
  if (type !== undefined && type !== 'application/octet-stream' && !type.startsWith('image/')) {
    throw new ServiceError(
      415,
      `A picture is expected, not ${type}. Send its bytes with Content-Type: image/png (or the like), or as a file of a form.`,
    );
  }
  return new Uint8Array(await c.req.arrayBuffer());
}
