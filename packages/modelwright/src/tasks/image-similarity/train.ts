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
import { saveSimilarity, taskName } from './saved.js';
import { augmentationOf, type SimilaritySettings, settingsOf } from './settings.js';

/**
 * Learns to compare pictures: a network whose embeddings of pictures of one class lie close together. It is measured on classes that the
 * training never sees, and saved with a model card, the ROC curve, and a gallery of pictures to be found.
 * @throws Error when the data cannot be read or has too few classes, an option is out of range, or the folder to save in holds something
 *   else
 */
export async function trainImageSimilarity(options: ImageSimilarityTrainOptions): Promise<TrainResult> {
  const { data, out, onEvent } = options;
  await checkModelDestination(out);
  const started = performance.now();
  const pictures = await splitByClass(data, options);
  for (const text of pictures.notes) onEvent?.({ kind: 'note', text });
  const settings = settingsOf(options, { ...pictures, classes: pictures.trainClasses.length });
  const embedder = new Embedder(settings.measured);
  try {
    const measured = pictures.held ?? pictures.train;
    const measure = async (variables: Variables): Promise<MeasuredSimilarity> =>
      measureSimilarity(await embedder.embed(variables, measured));
    const trained = await fitSimilarity(pictures, settings, options, measure);
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
  const { network, embedding, measured, loss, epochs, learningRate, classesPerBatch, imagesPerClass } =
    settings;
  const { seed = 0 } = options;
  const batches = await classBatches(varied(pictures, options), {
    classes: classesPerBatch,
    perClass: imagesPerClass,
    seed,
  });
  const ownVariables = (all: Variables): Variables => {
    const own = network === embedding ? all : mapTrees(all, (tree) => within(tree, '0'));
    return measured === embedding ? own : mapTrees(own, (inner) => ({ inner }));
  };
  const trained = await trainNetwork(
    network,
    batches,
    {
      loss,
      optimizer: adam(cosineDecay(learningRate, { steps: epochs * batches.length })),
      epochs,
      batchSize: classesPerBatch * imagesPerClass,
      measure: async (variables) => (await measure(ownVariables(variables))).metrics,
      ...(settings.wholeBatch && { workers: 1 }),
    },
    {
      options,
      model: settings.networkName,
      classes: pictures.trainClasses,
      examples: { train: pictures.train.length, validation: pictures.held?.length ?? 0 },
    },
  );
  return new TrainedModel({ ...trained, model: measured, variables: ownVariables(trained.variables) });
}

function mapTrees({ parameters, state }: Variables, change: (tree: ArrayTree) => ArrayTree): Variables {
  return { parameters: change(parameters), state: change(state) };
}

/** The variables of one layer of a sequence. */
function within(tree: ArrayTree, name: string): ArrayTree {
  return (tree[name] ?? {}) as ArrayTree;
}

/** The pictures to learn from, varied anew each time. */
function varied(
  { train, size }: Pick<ClassSplit, 'train' | 'size'>,
  options: ImageSimilarityTrainOptions,
): Dataset {
  const transform = augmentationOf(options, { size });
  if (!transform) return train;
  const vary = augmented(transform);
  return train.map((example, context) => vary({ ...example, input: example.input! }, context), {
    seed: options.seed ?? 0,
  });
}
