import { readText } from '../../data/text/files.js';
import { linesOf, NgramModel } from '../../data/text/index.js';
import { ctcLoss } from '../../nn/losses/index.js';
import { exportStream, frontOptions } from '../../nn/networks/index.js';
import { adam, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { Alphabet, cleanTranscript, type SpeechUnits } from './alphabet.js';
import { stringBatches, utteranceBatches } from './batches.js';
import { learnable } from './encoded.js';
import { measureSpeech } from './evaluate.js';
import { SpeechFraming, stepsPerStretch } from './framing.js';
import { type SpeechNetworkName, speechNetworkNames, speechNetworks, speechSpectrogram } from './models.js';
import type { SpeechTrainOptions } from './options.js';
import { speechReportText } from './report.js';
import { languageFile, streamFile, taskName } from './saved.js';
import { openSpeech, type SpeechData, stringTexts } from './speech.js';

/** Held out of data that brings no test set of its own. */
const defaultSplit = 0.1;

/**
 * Trains a recogniser of speech, measures it, and saves it with its language model, a graph that streams, a model card and a report.
 * @throws Error when the data cannot be read, nothing can be learnt from, or the folder to save in holds something else
 */
export async function trainSpeechRecognizer(options: SpeechTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'conv-gru', seed = 0, augment = true, onEvent } = options;
  if (!speechNetworkNames.includes(model)) {
    throw new Error(`There is no network '${model}' for speech. There is ${speechNetworkNames.join(', ')}.`);
  }
  await checkModelDestination(out);
  const started = performance.now();
  const speech = await openSpeech({ ...options, share: options.validationSplit ?? defaultSplit });
  const { sampleRate, strings, test } = speech;
  const alphabet = alphabetFor(speech, options);
  const network = speechNetworks[model as SpeechNetworkName];
  const layers = network.make({
    classes: alphabet.classes.length,
    spectrogram: speechSpectrogram(sampleRate),
  });
  const framing = new SpeechFraming(frontOptions(layers));
  const train = learnable(speech.train, alphabet, framing);
  const held = learnable(test, alphabet, framing);
  for (const text of [...speech.notes, ...train.notes, ...held.notes]) onEvent?.({ kind: 'note', text });
  if (train.utterances.length === 0)
    throw new Error(`${data}: there is nothing to learn from. ${train.notes.join(' ')}`);
  const {
    epochs = network.epochs,
    batchSize = network.batchSize,
    learningRate = network.learningRate,
  } = options;
  // CTC begins by saying nothing at all, and is slow to leave that where sounds are changed: it begins with them as they are.
  const augmentFrom = augment ? Math.round(epochs / 10) : undefined;
  const batching = { alphabet, framing, batchSize, augmentFrom, seed };
  const batches = strings
    ? stringBatches(train.utterances, strings, options.stringsPerEpoch ?? 600, batching)
    : utteranceBatches(train.utterances, batching);
  const steps = epochs * batches.length;
  const fitted = await trainNetwork(
    layers,
    batches,
    {
      loss: ctcLoss,
      optimizer: adam(cosineDecay(learningRate, { steps, warmup: Math.round(steps / 20) })),
      clipNorm: 5,
      shuffle: false,
      epochs,
      batchSize,
      ...(held.utterances.length > 0 && {
        validation: utteranceBatches(held.utterances, { alphabet, framing, batchSize: 16 }),
      }),
    },
    {
      options,
      model,
      examples: {
        train: strings ? (options.stringsPerEpoch ?? 600) : train.utterances.length,
        validation: held.utterances.length,
      },
    },
  );
  const trained = withOpenSamples(fitted);
  const language = await languageModel(speech, options);
  const measuredOn = test.length > 0 ? test : train.utterances;
  const measured = await measureSpeech(trained, measuredOn, { alphabet, framing, language }, options);
  const evaluation = {
    data: test.length > 0 ? `${data} (held out)` : data,
    examples: measuredOn.length,
    metrics: measured.metrics,
  };
  const { pattern, holdOut } = options;
  await trained.save(out, {
    data,
    task: taskName,
    description: `Writes down what is said, ${alphabet.units} by ${alphabet.units} (${alphabet.classes.length - 1} of them), with the network ${model}, at ${sampleRate} Hz.`,
    evaluation,
    preprocessing: {
      sampleRate,
      units: alphabet.units,
      hasLanguageModel: language !== undefined,
      streams: network.streams,
      ...(pattern !== undefined && { pattern }),
      ...(holdOut !== undefined && { holdOut }),
      ...(strings !== undefined && { strings }),
    },
    files: {
      'evaluation.md': speechReportText(measured, evaluation),
      ...(language && { [languageFile]: language.toArpa() }),
      ...(network.streams && { [streamFile]: exportStream(layers, trained.variables, stepsPerStretch) }),
    },
  });
  return finishTraining(options, {
    task: taskName,
    model,
    metrics: measured.metrics,
    epochs: trained.training.epochs,
    started,
  });
}

const unitsKnown: readonly string[] = ['character', 'word'] satisfies SpeechUnits[];

function alphabetFor({ train, strings }: SpeechData, options: SpeechTrainOptions): Alphabet {
  const units = options.units ?? (strings ? 'word' : 'character');
  if (!unitsKnown.includes(units))
    throw new Error(`There are no units '${units}'. There is ${unitsKnown.join(', ')}.`);
  if (options.alphabet === undefined) {
    const spaces = strings && units === 'character' ? [' '] : [];
    const { classes } = Alphabet.of(
      train.map(({ text }) => text),
      units as SpeechUnits,
    );
    return new Alphabet(units as SpeechUnits, [...new Set([...spaces, ...classes.slice(1)])]);
  }
  if (units === 'word') throw new Error('An alphabet is one of characters; with words, leave it out.');
  return new Alphabet('character', [...new Set(Array.from(options.alphabet.normalize('NFC').toLowerCase()))]);
}

async function languageModel(
  { train, strings }: SpeechData,
  { ngram = 3, languageText, stringsPerEpoch = 600 }: SpeechTrainOptions,
): Promise<NgramModel | undefined> {
  if (ngram === 0) return undefined;
  const texts = strings ? stringTexts(train, strings, stringsPerEpoch) : train.map(({ text }) => text);
  const more = languageText === undefined ? [] : linesOf(await readText(languageText)).map(cleanTranscript);
  const sentences = [...texts, ...more].filter((text) => text !== '').map((text) => text.split(' '));
  return NgramModel.train(sentences, ngram);
}

/** The same model for sound of any length. */
function withOpenSamples(trained: TrainedModel): TrainedModel {
  const { waveform, target } = trained.batchTypes;
  return new TrainedModel({
    ...trained,
    batchTypes: {
      waveform: { ...waveform!, shape: [waveform!.shape[0]!, 'samples'] },
      target: { ...target!, shape: [target!.shape[0]!, 'tokens'] },
    },
  });
}
