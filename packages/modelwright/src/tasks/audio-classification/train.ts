import { crossEntropy } from '../../nn/losses/index.js';
import { calibration } from '../../nn/metrics/calibration.js';
import { accuracy } from '../../nn/metrics/index.js';
import { adam, cosineDecay } from '../../optim/index.js';
import { classificationReportText } from '../../report/classification.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainResult } from '../events.js';
import { openSounds } from '../sounds.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { measureSounds, taskName } from './evaluate.js';
import { leastSeconds, soundExamples, usualLength, usualSilence } from './examples.js';
import { labelsOf, requireKnownLabels } from './labels.js';
import { type AudioNetworkName, audioNetworkNames, audioNetworks, spectrogramFor } from './models.js';
import type { AudioClassificationTrainOptions } from './options.js';

/** Held out of data that brings no test set of its own. */
const defaultSplit = 0.2;

/**
 * Trains a classifier of sounds, measures it, and saves it with a model card and a report. The saved graph takes samples and makes
 * their spectrogram itself.
 * @throws Error when the data cannot be read, there are fewer than two labels, or the folder to save in holds something else
 */
export async function trainAudioClassifier(options: AudioClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'audio-cnn', seed = 0, augment = true, pattern, holdOut, onEvent } = options;
  if (!audioNetworkNames.includes(model))
    throw new Error(`There is no network '${model}' for sounds. There is ${audioNetworkNames.join(', ')}.`);
  if (options.seconds !== undefined && !(options.seconds >= leastSeconds))
    throw new RangeError(
      `A sound must be at least ${leastSeconds} s long, but seconds is ${options.seconds}.`,
    );
  await checkModelDestination(out);
  const started = performance.now();
  const { train, test, sampleRate, notes } = await openSounds({
    ...options,
    share: options.validationSplit ?? defaultSplit,
  });
  for (const text of notes) onEvent?.({ kind: 'note', text });
  const labels = labelsOf(train, data);
  requireKnownLabels(test, labels);
  const heard = { sampleRate, silence: usualSilence };
  const samples =
    options.seconds === undefined ? usualLength(train, heard) : Math.round(options.seconds * sampleRate);
  const preprocessing = { ...heard, samples };
  const network = audioNetworks[model as AudioNetworkName];
  const {
    epochs = network.epochs,
    batchSize = network.batchSize,
    learningRate = network.learningRate,
  } = options;
  const steps = epochs * Math.ceil(train.length / batchSize);
  const trained = await trainNetwork(
    network.make({ classes: labels.length, spectrogram: spectrogramFor(sampleRate) }),
    soundExamples(train, { ...preprocessing, labels, augment, seed }),
    {
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(cosineDecay(learningRate, { steps })),
      epochs,
      batchSize,
      ...(test.length > 0 && { validation: soundExamples(test, { ...preprocessing, labels }) }),
    },
    { options, model, classes: labels, examples: { train: train.length, validation: test.length } },
  );
  const clips = test.length > 0 ? test : train;
  const measured = await measureSounds(trained, clips, preprocessing, { device: options.device });
  const { metrics, confusionMatrix, confidence, correct, mistakes } = measured;
  const evaluation = {
    data: test.length > 0 ? `${data} (held out)` : data,
    examples: clips.length,
    metrics,
    confusionMatrix,
  };
  await trained.save(out, {
    data,
    task: taskName,
    description: `Tells sounds apart (${labels.length} classes) with the network ${model}. It takes ${(samples / sampleRate).toFixed(1)} s at ${sampleRate} Hz.`,
    evaluation,
    preprocessing: {
      ...preprocessing,
      ...(pattern !== undefined && { pattern }),
      ...(holdOut !== undefined && { holdOut }),
    },
    files: {
      'evaluation.md': classificationReportText({
        ...evaluation,
        labels,
        bins: calibration(confidence, correct),
        mistakes: mistakes.map(({ file, ...mistake }) => ({ ...mistake, example: file })),
      }),
    },
  });
  return finishTraining(options, {
    task: taskName,
    model,
    metrics,
    epochs: trained.training.epochs,
    started,
  });
}
