import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { networks } from '../../nn/networks/index.js';
import { adam } from '../../optim/index.js';
import { readModelFolder } from '../../saved/folder.js';
import { load } from '../../train/save.js';
import { checkpointsOf, trainNetwork } from '../trainNetwork.js';
import { Judge } from './judge.js';
import type { ImageGenerationTrainOptions } from './options.js';
import type { ExamplePictures } from './pictures.js';

/** A judge, and the folder of its classifier. */
export interface OpenedJudge {
  readonly judge: Judge;
  readonly directory: string;
}

/** Times through the data that a judge of our own is trained. */
const judgeEpochs = 3;
/** Smaller pictures leave the convolutional networks nothing to look at. */
const smallestForCnn = 20;

/**
 * Opens the classifier that is to judge; where none was named and the pictures have classes, trains one on them first. It is kept with the
 * checkpoints, so that a training that is resumed has the same.
 * @throws Error when it does not fit the pictures
 */
export async function openJudge(
  pictures: ExamplePictures,
  options: ImageGenerationTrainOptions,
): Promise<OpenedJudge | undefined> {
  const { judge, out } = options;
  if (judge === false || (judge === undefined && pictures.classNames.length < 2)) return undefined;
  const directory = judge ?? join(checkpointsOf(out), 'judge');
  if (judge === undefined && !(await isModel(directory))) await trainJudge(pictures, directory, options);
  const trained = await load(directory);
  const named = trained.classNames?.join('\n');
  if (pictures.classNames.length > 1 && named !== pictures.classNames.join('\n')) {
    throw new Error(
      `${directory} tells apart other classes than the pictures have, so it cannot judge them.`,
    );
  }
  return { judge: new Judge(trained, pictures), directory };
}

const isModel = (directory: string): Promise<boolean> =>
  readModelFolder(directory).then(
    () => true,
    () => false,
  );

async function trainJudge(
  { train, classNames, channels, size }: ExamplePictures,
  directory: string,
  { onEvent, signal, device, seed = 0 }: ImageGenerationTrainOptions,
): Promise<void> {
  const model = size < smallestForCnn ? 'mlp' : channels === 1 && size <= 32 ? 'digits-cnn' : 'small-cnn';
  onEvent?.({
    kind: 'note',
    text: `Training a classifier to judge by: ${model}, ${judgeEpochs} times through the pictures.`,
  });
  const trained = await trainNetwork(
    networks[model]({ classes: classNames.length, ...(model === 'mlp' && { hidden: [64] }) }),
    train.withClassNames(classNames),
    {
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(1e-3),
      epochs: judgeEpochs,
      batchSize: 64,
      seed,
    },
    {
      options: { data: '', out: directory, resume: true, signal, device },
      model,
      classes: classNames,
      examples: { train: train.length, validation: 0 },
    },
  );
  signal?.throwIfAborted();
  await trained.save(directory);
}

/** The files of a saved model, by their paths below another folder. */
export async function filesBelow(directory: string, prefix: string): Promise<Record<string, Uint8Array>> {
  const { directory: folder } = await readModelFolder(directory);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [join(prefix, relative(folder, path)), new Uint8Array(await readFile(path))] as const;
    });
  return Object.fromEntries(await Promise.all(files));
}
