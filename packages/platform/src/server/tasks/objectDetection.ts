import type { Context } from 'hono';
import type { RunnableModel } from 'modelwright/saved';
import { detectOnImage } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readPicture } from '../picture.js';
import type { ServedTask } from './task.js';

/** A picture, as the body or the first file of a form: the objects on it, `?threshold=` being the least score of those told. */
export const objectDetection: ServedTask<RunnableModel> = {
  input: 'picture',
  open: async ({ model }) => model,
  joined: (_, model) => model,
  async read(c, config) {
    const threshold = thresholdOf(c);
    const image = await readPicture(c, config);
    return {
      async answer(model) {
        const { width, height, detections } = await detectOnImage(model, image, { threshold });
        return { width, height, detections };
      },
    };
  },
};

function thresholdOf(c: Context): number | undefined {
  const text = c.req.query('threshold');
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw badRequest(`threshold should be a number from 0 to 1, but it is '${text}'.`);
  }
  return value;
}
