import type { RunnableModel } from 'modelwright/saved';
import { imageInput, readImage, topPredictions } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { fileBytes, maxPixels, pictureFile, topOf } from '../reading.js';
import type { ServedTask } from './task.js';

/** A picture, as the body or the first file of a form: its likeliest classes. */
export const imageClassification: ServedTask<RunnableModel> = {
  input: 'picture',
  open: async ({ model }) => model,
  async read(c, config) {
    const top = topOf(c);
    const input = imageInput(config);
    const image = await readImage(input, await fileBytes(c, pictureFile), { maxPixels }).catch(
      (error: Error) => {
        throw badRequest(error.message);
      },
    );
    return {
      async answer(model) {
        const outputs = await model.run({ [input.name]: image });
        return { predictions: topPredictions(config.labels, outputs[config.outputs[0]!.name]!, top) };
      },
    };
  },
};
