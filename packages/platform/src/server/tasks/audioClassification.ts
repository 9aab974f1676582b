import type { RunnableModel } from 'modelwright/saved';
import { readSound, topPredictions } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { fileBytes, soundFile, topOf } from '../reading.js';
import type { ServedTask } from './task.js';

/** A sound, as the body or the first file of a form: its likeliest classes. */
export const audioClassification: ServedTask<RunnableModel> = {
  input: 'sound',
  open: async ({ model }) => model,
  joined: (_, model) => model,
  async read(c, config) {
    const top = topOf(c);
    const inputs = await readSound(config, await fileBytes(c, soundFile)).catch((error: Error) => {
      throw badRequest(error.message);
    });
    return {
      async answer(model) {
        const outputs = await model.run(inputs);
        return { predictions: topPredictions(config.labels, outputs[config.outputs[0]!.name]!, top) };
      },
    };
  },
};
