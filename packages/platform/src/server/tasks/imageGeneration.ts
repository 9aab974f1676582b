import { encodePng } from 'modelwright/data';
import { type ImageGenerator, imageGeneratorOf } from 'modelwright/tasks';
import { readFields } from '../reading.js';
import { FileAnswer, type ServedTask } from './task.js';

/** The most pictures in one answer. */
const mostPictures = 400;

/** Which pictures to make: they come as one PNG, side by side. */
export const imageGeneration: ServedTask<ImageGenerator> = {
  input: 'sample',
  open: async ({ model }) => imageGeneratorOf(model),
  async read(c) {
    const fields = await readFields(c, {
      fields: ['class', 'count', 'seed', 'columns'],
      example: '{"class": "7", "count": 1, "seed": 0}',
    });
    const wanted = fields.has('class') ? fields.text('class') : undefined;
    const count = fields.wholeNumber('count', 1, mostPictures) ?? 1;
    const seed = fields.wholeNumber('seed', 0, 2 ** 32 - 1);
    const columns = fields.wholeNumber('columns', 1, mostPictures);
    return {
      async answer(generator) {
        const grid = await generator.generateGrid({
          class: wanted,
          count,
          seed,
          ...(columns !== undefined && { columns }),
        });
        return new FileAnswer('image/png', new Uint8Array(await encodePng(grid)));
      },
    };
  },
};
