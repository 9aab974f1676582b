import type { RunnableModel } from 'modelwright/saved';
import { imageInput, topPredictions } from 'modelwright/tasks';
import { readPicture } from '../picture.js';
import { topOf } from '../reading.js';
import type { ServedTask } from './task.js';

/** A picture, as the body or the first file of a form: its likeliest classes. */
export const imageClassification: ServedTask<RunnableModel> = {
  input: 'picture',
  open: async ({ model }) => model,
  joined: (_, model) => model,
  async read(c, config) {
    const top = topOf(c);
    const input = imageInput(config);
    const image = await readPicture(c, config);
    return {
      async answer(model) {
        const outputs = await model.run({ [input.name]: image });
        return { predictions: topPredictions(config.labels, outputs[config.outputs[0]!.name]!, top) };
      },
    };
  },
};
