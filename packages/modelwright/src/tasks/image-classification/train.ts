import { basename, resolve } from 'node:path';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { type NetworkName, networks } from '../../nn/networks/index.js';
import { adam, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { measure } from './evaluate.js';
import { holdOut, openImages } from './images.js';
import type { ImageClassificationTrainOptions } from './options.js';
import { continued, openBase, requireNoTransfer } from './transfer.js';

/** Held out of data that brings no test set of its own. */
const defaultSplit = 0.2;

/**
 * Trains an image classifier on a folder of pictures or a known data set, measures it, and saves it with a model card.
 * @throws Error when the data cannot be read, a class has no pictures, or the folder to save in holds something else
 */
export async function trainImageClassifier(options: ImageClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, onEvent } = options;
  await checkModelDestination(out);
  const started = performance.now();
  const dataName = basename(resolve(data));
  const base = options.from === undefined ? undefined : await openBase(options.from, options);
  if (!base) requireNoTransfer(options);
  const images = await openImages(data, base ? { like: { ...base, converts: true } } : options);
  for (const text of images.notes) onEvent?.({ kind: 'note', text });
  const { train, held } = await holdOut(
    images.train,
    options.validationSplit ?? (images.test ? 0 : defaultSplit),
  );
  const test = images.test ?? held;
  const name =
    base?.name ??
    options.model ??
    (images.channels === 1 && images.size[0] <= 32 ? 'digits-cnn' : 'small-cnn');
  const settings = settingsFor(name, options);
  const { epochs, batchSize } = settings;
  const classes = images.classNames.length;
  const start = base
    ? continued(base, classes, options)
    : { model: networks[requireNetwork(name)]({ classes }) };
  const { model, ...transfer } = start;
  const trained = await trainNetwork(
    model,
    train.withClassNames(images.classNames),
    {
      ...transfer,
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(
        settings.schedule
          ? cosineDecay(settings.learningRate, { steps: epochs * Math.ceil(train.length / batchSize) })
          : settings.learningRate,
      ),
      epochs,
      batchSize,
      ...(held && { validation: held }),
    },
    {
      options,
      model: name,
      classes: images.classNames,
      examples: { train: train.length, validation: held?.length ?? 0 },
    },
  );
  const measured = await measure(trained, test ?? train, { device: options.device });
  await trained.save(out, {
    data: dataName,
    description: `Classifies pictures of ${images.size.join(' x ')} pixels into ${images.classNames.length} classes with the network ${name}.`,
    evaluation: {
      data: test ? `${dataName} (held out)` : dataName,
      examples: (test ?? train).length,
      ...measured,
    },
  });
  return finishTraining(options, {
    task: 'image-classification',
    model: name,
    metrics: measured.metrics,
    epochs: trained.training.epochs,
    started,
  });
}

function requireNetwork(name: string): NetworkName {
  if (Object.hasOwn(networks, name)) return name as NetworkName;
  throw new Error(`There is no network '${name}'. There is ${Object.keys(networks).join(', ')}.`);
}

interface Settings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Whether the learning rate falls along a cosine. */
  readonly schedule: boolean;
}

/** What each network is trained with unless it is said otherwise. */
function settingsFor(
  network: string,
  { epochs, batchSize, learningRate }: ImageClassificationTrainOptions,
): Settings {
  const small = network === 'digits-cnn' || network === 'mlp';
  return {
    epochs: epochs ?? (small ? 5 : 20),
    batchSize: batchSize ?? 32,
    learningRate: learningRate ?? 1e-3,
    schedule: !small,
  };
}
