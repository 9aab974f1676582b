import { basename, resolve } from 'node:path';
import { augment as augmented } from '../../data/augment.js';
import { classBatches } from '../../data/classBatches.js';
import type { Dataset } from '../../data/dataset.js';
import type { ArrayTree, Variables } from '../../nn/context.js';
import { adam, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { Embedder } from './embed.js';
import { type MeasuredSimilarity, measureSimilarity } from './measure.js';
import type { ImageSimilarityTrainOptions } from './options.js';
import { type ClassSplit, splitByClass } from './pictures.js';
import { withPreset } from './presets.js';
import { refitLastLayer } from './refit.js';
import { saveSimilarity, taskName } from './saved.js';
import { checkGalleryIndex } from './savedGallery.js';
import { augmentationOf, type SimilaritySettings, settingsOf } from './settings.js';

/**
 * Learns to compare pictures: a network whose embeddings of pictures of one class lie close together. It is measured on classes that the
 * training never sees, and saved with a model card, the ROC curve, and a gallery of pictures to be found.
 * @throws Error when the data cannot be read or has too few classes, an option is out of range, or the folder to save in holds something
 *   else
 */
export async function trainImageSimilarity(asked: ImageSimilarityTrainOptions): Promise<TrainResult> {
  const options = withPreset(asked);
  const { data, out, onEvent } = options;
  await checkModelDestination(out);
  await checkGalleryIndex(options.index);
  const started = performance.now();
  const pictures = await splitByClass(data, options);
  for (const text of pictures.notes) onEvent?.({ kind: 'note', text });
  const settings = settingsOf(options, { ...pictures, classes: pictures.trainClasses.length });
  const embedder = new Embedder(settings.measured);
  try {
    const measured = pictures.held ?? pictures.train;
    const measure = async (variables: Variables): Promise<MeasuredSimilarity> =>
      measureSimilarity(await embedder.embed(variables, measured));
    const fitted = await fitSimilarity(pictures, settings, options, measure);
    const trained = await finished(fitted, pictures, settings, options);
    const found = await measure(trained.variables);
    await saveSimilarity(trained, found, {
      options,
      pictures,
      settings,
      embedder,
      name: basename(resolve(data)),
    });
    return await finishTraining(options, {
      task: taskName,
      model: settings.networkName,
      metrics: found.metrics,
      epochs: trained.training.epochs,
      started,
    });
  } finally {
    await embedder.release();
  }
}

/** Trains, and gives the network without what only its loss needed. */
async function fitSimilarity(
  pictures: ClassSplit,
  settings: SimilaritySettings,
  options: ImageSimilarityTrainOptions,
  measure: (variables: Variables) => Promise<MeasuredSimilarity>,
): Promise<TrainedModel> {
  const { network, embedding, loss, epochs, learningRate, classesPerBatch, imagesPerClass } = settings;
  const { seed = 0 } = options;
  const batches = await classBatches(varied(pictures.train, pictures, options), {
    classes: classesPerBatch,
    perClass: imagesPerClass,
    seed,
  });
  const ownVariables = (all: Variables): Variables =>
    network === embedding ? all : mapTrees(all, (tree) => within(tree, '0'));
  const trained = await trainNetwork(
    network,
    batches,
    {
      loss,
      optimizer: adam(cosineDecay(learningRate, { steps: epochs * batches.length })),
      epochs,
      batchSize: classesPerBatch * imagesPerClass,
      measure: async (variables) => (await measure(asMeasured(ownVariables(variables), settings))).metrics,
      ...(settings.wholeBatch && { workers: 1 }),
    },
    {
      options,
      model: settings.networkName,
      classes: pictures.trainClasses,
      examples: { train: pictures.train.length, validation: pictures.held?.length ?? 0 },
    },
  );
  return new TrainedModel({ ...trained, model: embedding, variables: ownVariables(trained.variables) });
}

/** The embedding as it is measured and saved, its last layer fitted anew where that was asked for. */
async function finished(
  fitted: TrainedModel,
  pictures: ClassSplit,
  settings: SimilaritySettings,
  options: ImageSimilarityTrainOptions,
): Promise<TrainedModel> {
  const { embedding, measured, place, refit } = settings;
  const { seed = 0, mirrorMean = false } = options;
  const variables = refit
    ? await refitLastLayer(embedding, place, fitted.variables, {
        ...refit,
        pictures: pictures.train,
        classes: pictures.trainClasses.length,
        vary: (data) => varied(data, pictures, options),
        mirrored: mirrorMean,
        seed,
      })
    : fitted.variables;
  return new TrainedModel({ ...fitted, model: measured, variables: asMeasured(variables, settings) });
}

/** The variables of the embedding as those of what is measured. */
function asMeasured(variables: Variables, { embedding, measured }: SimilaritySettings): Variables {
  return measured === embedding ? variables : mapTrees(variables, (inner) => ({ inner }));
}

function mapTrees({ parameters, state }: Variables, change: (tree: ArrayTree) => ArrayTree): Variables {
  return { parameters: change(parameters), state: change(state) };
}

/** The variables of one layer of a sequence. */
function within(tree: ArrayTree, name: string): ArrayTree {
  return (tree[name] ?? {}) as ArrayTree;
}

/** Pictures to learn from, varied anew each time. */
function varied(
  pictures: Dataset,
  { size }: Pick<ClassSplit, 'size'>,
  options: ImageSimilarityTrainOptions,
): Dataset {
  const transform = augmentationOf(options, { size });
  if (!transform) return pictures;
  const vary = augmented(transform);
  return pictures.map((example, context) => vary({ ...example, input: example.input! }, context), {
    seed: options.seed ?? 0,
  });
}
