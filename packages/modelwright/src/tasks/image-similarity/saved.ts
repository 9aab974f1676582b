import type { TrainedModel } from '../../train/trained.js';
import { isPictureFolder, readPictures } from '../pictureFolder.js';
import { type Embedder, joinRows } from './embed.js';
import { Gallery, namesByClass } from './gallery.js';
import { type MeasuredSimilarity, similarityRocSvg } from './measure.js';
import type { ImageSimilarityTrainOptions } from './options.js';
import type { ClassSplit } from './pictures.js';
import { galleryFiles, indexFile } from './savedGallery.js';
import type { SimilaritySettings } from './settings.js';

export const taskName = 'image-similarity';

interface Saving {
  readonly options: ImageSimilarityTrainOptions;
  readonly pictures: ClassSplit;
  readonly settings: SimilaritySettings;
  readonly embedder: Embedder;
  /** What the data is called. */
  readonly name: string;
}

/** Saves a network that makes embeddings, with its model card, ROC curve and gallery. */
export async function saveSimilarity(
  trained: TrainedModel,
  found: MeasuredSimilarity,
  saving: Saving,
): Promise<void> {
  const { options, pictures, settings, name } = saving;
  const { trainClasses, heldClasses, channels, size } = pictures;
  const [height, width] = size;
  const data = pictures.held
    ? `${name} (${heldClasses.length} classes never seen)`
    : `${name} (classes of the training)`;
  const { index, onEvent } = options;
  const gallery = await galleryFiles(await galleryOf(trained, saving), {
    index,
    onNote: (text) => onEvent?.({ kind: 'note', text }),
  });
  await trained.save(options.out, {
    data: name,
    description:
      `Compares pictures of ${height} x ${width} pixels: embeddings of ${settings.dimensions} numbers, learnt from ${trainClasses.length} ` +
      `classes with the network ${settings.networkName}. The more alike two pictures are, the larger is the cosine of the angle between ` +
      `their embeddings; from ${found.threshold.toFixed(3)} on they are taken to be of one class.` +
      (indexFile in gallery
        ? ' Its gallery is searched by an index, which seldom misses one of the most similar pictures.'
        : ''),
    evaluation: { data, examples: found.pictures, metrics: found.metrics },
    form: { task: taskName, takesPicture: true, outputs: (embedding) => ({ embedding }) },
    preprocessing: { channels, height, width, threshold: found.threshold, seenClasses: trainClasses },
    files: { 'roc.svg': await similarityRocSvg(found), ...gallery },
    pictures: [{ file: 'roc.svg', caption: `True pairs accepted over false pairs accepted, ${data}` }],
    limitations:
      'The threshold fits pictures like those it was measured on. It errs, and more often on kinds of pictures that its training had few ' +
      'of: let it decide nothing about people by itself.',
  });
}

/** The pictures to be found: those of the folder that was named, or else those of the training, held out ones included. */
async function galleryOf(
  { variables }: TrainedModel,
  { options: { gallery, data, onEvent }, pictures, embedder }: Saving,
): Promise<Gallery> {
  const folder = gallery ?? ((await isPictureFolder(data)) ? data : undefined);
  if (folder !== undefined) {
    const { names, images } = await readPictures(folder, pictures, (reason) =>
      onEvent?.({ kind: 'note', text: `Left out of the gallery: ${reason}` }),
    );
    return new Gallery(names, (await embedder.embed(variables, images)).embeddings);
  }
  const parts = pictures.held ? [pictures.train, pictures.held] : [pictures.train];
  const embeddings = await Promise.all(parts.map((part) => embedder.embed(variables, part)));
  const names = (await Promise.all(parts.map(namesByClass))).flat();
  return new Gallery(names, joinRows(embeddings.map((each) => each.embeddings)));
}
