import type { Context, Hono } from 'hono';
import { type ImageInput, imageInput, readImage, topPredictions } from 'modelwright/tasks';
import { ServiceError } from './errors.js';
import { findModel, route, type ServerContext, withDeadline } from './routes.js';
import type { ServedModel } from './servedModel.js';
import { badRequest } from './tensorJson.js';

/** The most pixels of a picture: those of a good camera, decoded 150 MB. */
const maxPixels = 50_000_000;

/** Prediction on pictures: `POST /predict` asks the first model, `POST /models/{name}/predict` a certain one. */
export function addImagePrediction(app: Hono, server: ServerContext): void {
  const answer = async (c: Context, model: ServedModel): Promise<Response> => {
    const started = performance.now();
    const top = topOf(c);
    const input = imageInputOf(model);
    const bytes = await imageBytes(c);
    const image = await readImage(input, bytes, { maxPixels }).catch((error: Error) => {
      throw badRequest(error.message);
    });
    const outputs = await withDeadline(server, c.req.raw, (signal) =>
      model.run({ [input.name]: image }, signal),
    );
    const probabilities = outputs[model.config.outputs[0]!.name]!;
    return c.json({
      model: model.name,
      version: model.version,
      predictions: topPredictions(model.config.labels, probabilities, top),
      milliseconds: Math.round((performance.now() - started) * 100) / 100,
    });
  };
  route(app, 'POST', '/predict', (c) => answer(c, [...server.models.values()][0]!));
  route(app, 'POST', '/models/:model/predict', (c) => answer(c, findModel(server, c.req.param('model')!)));
}

function imageInputOf({ name, config }: ServedModel): ImageInput {
  if (config.task !== 'image-classification') {
    throw badRequest(
      `The model '${name}' is for ${config.task}, not pictures: use POST /v2/models/${name}/infer.`,
    );
  }
  return imageInput(config);
}

function topOf(c: Context): number {
  const text = c.req.query('top') ?? '5';
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw badRequest(`top should be a whole number from 1, but it is '${text}'.`);
  return Number(text);
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
