import { rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { type NetworkName, networks } from '../../nn/networks/index.js';
import { adam, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { Callback } from '../../train/callbacks.js';
import { fit } from '../../train/fit.js';
import type { TrainResult } from '../events.js';
import { measure } from './evaluate.js';
import { holdOut, openImages } from './images.js';
import type { ImageClassificationTrainOptions } from './options.js';

/** Held out of data that brings no test set of its own. */
const defaultSplit = 0.2;

/**
 * Trains an image classifier on a folder of pictures or a known data set, measures it, and saves it with a model card.
 * @throws Error when the data cannot be read, a class has no pictures, or the folder to save in holds something else
 */
export async function trainImageClassifier(options: ImageClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, seed = 0, onEvent } = options;
  await checkModelDestination(out);
  const started = performance.now();
  const dataName = basename(resolve(data));
  const images = await openImages(data, options);
  for (const text of images.notes) onEvent?.({ kind: 'note', text });
  const { train, held } = await holdOut(
    images.train,
    options.validationSplit ?? (images.test ? 0 : defaultSplit),
  );
  const test = images.test ?? held;
  const name = options.model ?? (images.channels === 1 && images.size[0] <= 32 ? 'digits-cnn' : 'small-cnn');
  const settings = settingsFor(requireNetwork(name), options);
  const { epochs, batchSize } = settings;
  const checkpoints = `${out}.checkpoints`;
  const trained = await fit(
    networks[requireNetwork(name)]({ classes: images.classNames.length }),
    train.withClassNames(images.classNames),
    {
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(
        settings.schedule
          ? cosineDecay(settings.learningRate, { steps: epochs * Math.ceil(train.length / batchSize) })
          : settings.learningRate,
      ),
      epochs,
      batchSize,
      seed,
      progress: false,
      ...(held && { validation: held }),
      ...(options.device && { device: options.device }),
      ...(options.signal && { signal: options.signal }),
      checkpoint: { directory: checkpoints, resume: options.resume ?? false, everySteps: 200 },
      callbacks: onEvent
        ? [reporter(onEvent, { model: name, classes: images.classNames, train, held, epochs, batchSize })]
        : [],
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
  if (!options.signal?.aborted) await rm(checkpoints, { recursive: true, force: true });
  return {
    task: 'image-classification',
    model: name,
    metrics: measured.metrics,
    seconds: (performance.now() - started) / 1000,
    seed,
    epochs: trained.training.epochs,
    out,
  };
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
  network: NetworkName,
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

/** Passes on what happens in a training. */
function reporter(
  onEvent: NonNullable<ImageClassificationTrainOptions['onEvent']>,
  about: {
    model: string;
    classes: readonly string[];
    train: Dataset;
    held: Dataset | undefined;
    epochs: number;
    batchSize: number;
  },
): Callback {
  const { model, classes, train, held, epochs, batchSize } = about;
  return {
    onTrainBegin({ parameters }) {
      onEvent({
        kind: 'start',
        model,
        classes,
        parameters,
        epochs,
        batchSize,
        examples: { train: train.length, validation: held?.length ?? 0 },
        stepsPerEpoch: Math.ceil(train.length / batchSize),
      });
    },
    onStepEnd: ({ epoch, stepInEpoch, metrics }) =>
      onEvent({ kind: 'step', epoch, step: stepInEpoch, metrics: metrics() }),
    onEpochEnd: (record) => onEvent({ kind: 'epoch', record }),
  };
}
