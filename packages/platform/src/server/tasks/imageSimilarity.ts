import { type ImageSimilarity, imageInput, imageSimilarityOf, readImage } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { filesOf, maxPixels, pictureFile, topOf } from '../reading.js';
import type { ServedTask } from './task.js';

/** Two pictures, as files of a form: how alike they are. One, as the body or a file: its embedding, and the most similar of the gallery. */
export const imageSimilarity: ServedTask<ImageSimilarity> = {
  input: 'pictures',
  open: ({ directory, model, trusted }) => imageSimilarityOf(directory, model, { exact: !trusted }),
  async read(c, config) {
    const top = topOf(c);
    const files = await filesOf(c, pictureFile);
    if (files.length > 2) throw badRequest(`Send one picture or two, not ${files.length}.`);
    const pictures = await Promise.all(
      files.map((file) => readImage(imageInput(config), file, { maxPixels })),
    ).catch((error: Error) => {
      throw badRequest(error.message);
    });
    return {
      async answer(model) {
        const [first, second] = await Promise.all(pictures.map((picture) => model.embedPixels(picture)));
        if (second) return { ...model.compare(first!, second), threshold: model.threshold };
        return { embedding: [...first!], similar: model.gallery.nearest(first!, top) };
      },
    };
  },
};
