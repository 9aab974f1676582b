import { encodePng } from 'modelwright/data';
import { generatorLabels, type ImageGenerator, imageGeneratorOf } from 'modelwright/tasks';
import { readFields } from '../reading.js';
import { FileAnswer, type ServedTask } from './task.js';

/** The most pictures in one answer. */
const mostPictures = 400;
const mostSeed = 2 ** 32 - 1;

/** Which pictures to make: they come as one PNG, side by side. */
export const imageGeneration: ServedTask<ImageGenerator> = {
  input: 'sample',
  about: (config) => ({ classes: generatorLabels(config), mostPictures }),
  open: async ({ model }) => imageGeneratorOf(model),
  async read(c) {
    const fields = await readFields(c, {
      fields: ['class', 'count', 'seed', 'towards', 'columns'],
      example: '{"class": "7", "count": 1, "seed": 0}',
    });
    const wanted = fields.has('class') ? fields.text('class') : undefined;
    const count = fields.wholeNumber('count', 1, mostPictures) ?? 1;
    const seed = fields.wholeNumber('seed', 0, mostSeed);
    const towards = fields.wholeNumber('towards', 0, mostSeed);
    const columns = fields.wholeNumber('columns', 1, mostPictures);
    return {
      async answer(generator) {
        const grid = await generator.generateGrid({
          class: wanted,
          count,
          seed,
          towards,
          ...(columns !== undefined && { columns }),
        });
        return new FileAnswer('image/png', new Uint8Array(await encodePng(grid)));
      },
    };
  },
};
