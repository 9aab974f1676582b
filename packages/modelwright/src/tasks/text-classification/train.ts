import type { LabelledText, Tokenizer } from '../../data/text/index.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { adam } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainedModel } from '../../train/trained.js';
import { requireChoice } from '../choices.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork, withOpenTime } from '../trainNetwork.js';
import { countedModel } from './counted.js';
import { type EncodedTexts, encodeTexts, textBatches } from './encoded.js';
import { measureTexts } from './evaluate.js';
import { epochsFor, type TextNetwork, type TextNetworkName, textModelNames, textNetworks } from './models.js';
import { fitNaiveBayes, predictNaiveBayes } from './naiveBayes.js';
import type { TextClassificationTrainOptions } from './options.js';
import { evaluationFiles } from './report.js';
import { holdOutTexts, labelsOf, openTexts } from './texts.js';
import { tokenizerFor, tokenKind } from './tokens.js';

/** The most tokens of a text, where it is not said. */
const defaultLength = 256;

/**
 * Trains a classifier on labelled texts, measures it beside naive Bayes, and saves it with its tokenizer, a model card and a report.
 * Data with a part `dev` keeps the epoch with the lowest loss on it.
 * @throws Error when the data cannot be read, there are fewer than two labels, or the folder to save in holds something else
 */
export async function trainTextClassifier(options: TextClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'text-cnn', seed = 0, maximumLength = defaultLength, onEvent } = options;
  requireChoice('model for texts', model, textModelNames);
  await checkModelDestination(out);
  const started = performance.now();
  const texts = await openTexts(options);
  const whole =
    texts.test.length > 0
      ? { train: texts.train, held: texts.test }
      : holdOutTexts(texts.train, options.validationSplit ?? 0.2);
  const { train, held } = whole;
  const labels = labelsOf(train, data);
  const kind = tokenKind(train, options);
  const tokenizer = tokenizerFor(train, kind, options);
  const encode = (examples: readonly LabelledText[]) =>
    encodeTexts(examples, { tokenizer, labels, maximumLength, tooLong: options.tooLong });
  const [trainTexts, heldTexts, validationTexts] = [encode(train), encode(held), encode(texts.validation)];
  const notes = [...texts.notes, ...cutOffNotes([trainTexts, heldTexts, validationTexts], maximumLength)];
  for (const text of notes) onEvent?.({ kind: 'note', text });
  const trained =
    model === 'naive-bayes'
      ? await countedModel(trainTexts, { vocabulary: tokenizer.vocabularySize, labels, seed })
      : await trainTextNetwork(model as TextNetworkName, {
          options,
          labels,
          tokenizer,
          maximumLength,
          train: trainTexts,
          validation: validationTexts,
        });
  const [examples, encoded] = held.length > 0 ? [held, heldTexts] : [train, trainTexts];
  const measured = await measureTexts(trained, examples, encoded, { device: options.device });
  const naiveBayesAccuracy =
    model === 'naive-bayes'
      ? measured.metrics.accuracy!
      : baselineAccuracy(train, examples, {
          options,
          labels,
          kind: tokenKind(train, { ...options, model: 'naive-bayes' }),
        });
  const metrics = { ...measured.metrics, naiveBayesAccuracy };
  const where = held.length > 0 && texts.test.length === 0 ? `${data} (held out)` : data;
  const evaluation = {
    data: where,
    examples: examples.length,
    metrics,
    confusionMatrix: measured.confusionMatrix,
  };
  await trained.save(out, {
    data,
    task: 'text-classification',
    description: `Classifies texts as ${listed(labels)} with the model ${model}. Tokens are ${tokenizer.kind === 'word' ? 'words' : tokenizer.kind === 'character' ? 'characters' : `pieces of words (${tokenizer.kind})`}.`,
    sampleInput: shortest(examples),
    evaluation,
    preprocessing: { maximumLength, vocabularySize: tokenizer.vocabularySize },
    ...(await evaluationFiles(measured, { labels, evaluation, tokenizer })),
  });
  return finishTraining(options, {
    task: 'text-classification',
    model,
    metrics,
    epochs: trained.training.epochs,
    started,
  });
}

interface NetworkTraining {
  readonly options: TextClassificationTrainOptions;
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maximumLength: number;
  readonly train: EncodedTexts;
  readonly validation: EncodedTexts;
}

async function trainTextNetwork(name: TextNetworkName, training: NetworkTraining): Promise<TrainedModel> {
  const { options, labels, tokenizer, maximumLength, train, validation } = training;
  const network: TextNetwork = textNetworks[name];
  const { batchSize = network.batchSize, learningRate = network.learningRate, seed = 0 } = options;
  const batches = textBatches(train, { batchSize, labels, seed });
  const { epochs = epochsFor(network, batches.length) } = options;
  const held =
    validation.sequences.length > 0 ? textBatches(validation, { batchSize: 64, labels }) : undefined;
  const layers = network.make({
    vocabulary: tokenizer.vocabularySize,
    classes: labels.length,
    maximumLength,
  });
  const trained = await trainNetwork(
    layers,
    batches,
    {
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(learningRate),
      epochs,
      batchSize,
      ...(held && { validation: held, keepBest: { metric: 'loss' } }),
      ...(network.average !== undefined && { average: network.average }),
    },
    {
      options,
      model: name,
      classes: labels,
      examples: { train: train.targets.length, validation: validation.targets.length },
    },
  );
  return withOpenTime(trained, ['input_ids']);
}

/** The accuracy of naive Bayes on texts, learnt from others. */
function baselineAccuracy(
  train: readonly LabelledText[],
  examples: readonly LabelledText[],
  how: {
    readonly options: TextClassificationTrainOptions;
    readonly labels: readonly string[];
    readonly kind: string;
  },
): number {
  const { options, labels, kind } = how;
  const tokenizer = tokenizerFor(train, kind, options);
  const encode = (texts: readonly LabelledText[]) =>
    encodeTexts(texts, { tokenizer, labels, maximumLength: options.maximumLength ?? defaultLength });
  const sizes = { vocabulary: tokenizer.vocabularySize, classes: labels.length };
  const { sequences, targets } = encode(examples);
  const predicted = predictNaiveBayes(fitNaiveBayes(encode(train), sizes), sequences);
  return predicted.filter((target, i) => target === targets[i]).length / examples.length;
}

function cutOffNotes(parts: readonly EncodedTexts[], maximumLength: number): string[] {
  const truncated = parts.reduce((sum, part) => sum + part.truncated, 0);
  const count = parts.reduce((sum, { targets }) => sum + targets.length, 0);
  if (truncated === 0) return [];
  return [`${truncated} of ${count} texts are longer than ${maximumLength} tokens and are cut off there.`];
}

const listed = (labels: readonly string[]): string =>
  labels.length > 12 ? `one of ${labels.length} classes` : labels.join(', ');

const shortest = (examples: readonly LabelledText[]): string =>
  examples.reduce((best, { text }) => (text.length < best.length ? text : best), examples[0]!.text);
