import {
  type LabelledText,
  type Tokenizer,
  type TokenizerKind,
  trainTokenizer,
} from '../../data/text/index.js';
import { bagOfTokens } from '../../nn/layers/bagOfTokens.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { accuracy } from '../../nn/metrics/index.js';
import { adam } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork, withOpenTime } from '../trainNetwork.js';
import { type EncodedTexts, encodeTexts, textBatches } from './encoded.js';
import { measureTexts } from './evaluate.js';
import { type TextNetworkName, textModelNames, textNetworks } from './models.js';
import { fitNaiveBayes, type NaiveBayes, predictNaiveBayes } from './naiveBayes.js';
import type { TextClassificationTrainOptions } from './options.js';
import { evaluationFiles } from './report.js';
import { holdOutTexts, labelsOf, openTexts } from './texts.js';

const tokenizerKinds: readonly string[] = ['word', 'character', 'bpe', 'wordpiece'] satisfies TokenizerKind[];

/**
 * Trains a classifier on labelled texts, measures it beside naive Bayes, and saves it with its tokenizer, a model card and a report.
 * Data with a part `dev` keeps the epoch that is best on it.
 * @throws Error when the data cannot be read, there are fewer than two labels, or the folder to save in holds something else
 */
export async function trainTextClassifier(options: TextClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'text-cnn', seed = 0, maximumLength = 256, onEvent } = options;
  if (!textModelNames.includes(model)) {
    throw new Error(`There is no model '${model}' for texts. There is ${textModelNames.join(', ')}.`);
  }
  await checkModelDestination(out);
  const started = performance.now();
  const texts = await openTexts(options);
  const whole =
    texts.test.length > 0
      ? { train: texts.train, held: texts.test }
      : holdOutTexts(texts.train, options.validationSplit ?? 0.2);
  const { train, held } = whole;
  const labels = labelsOf(train, data);
  const tokenizer = tokenizerFor(train, options);
  const encode = (examples: readonly LabelledText[]) =>
    encodeTexts(examples, { tokenizer, labels, maximumLength, data });
  const [trainTexts, heldTexts, validationTexts] = [encode(train), encode(held), encode(texts.validation)];
  const notes = [...texts.notes, ...cutOffNotes(trainTexts, maximumLength)];
  for (const text of notes) onEvent?.({ kind: 'note', text });
  const bayes = fitNaiveBayes(trainTexts, { vocabulary: tokenizer.vocabularySize, classes: labels.length });
  const trained =
    model === 'naive-bayes'
      ? await countedModel(bayes, trainTexts, labels, seed)
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
  const right = predictNaiveBayes(bayes, encoded.sequences).filter(
    (target, i) => target === encoded.targets[i],
  );
  const metrics = { ...measured.metrics, naiveBayesAccuracy: right.length / examples.length };
  const where = held.length > 0 ? `${data} (held out)` : data;
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

/** By characters where most of the text is Chinese, Japanese or the like, otherwise by words. */
function tokenizerFor(train: readonly LabelledText[], options: TextClassificationTrainOptions): Tokenizer {
  const texts = train.map(({ text }) => text);
  const sample = texts.slice(0, 1000).join('');
  const ideographs = sample.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  const kind = options.tokenizer ?? (ideographs > sample.length / 4 ? 'character' : 'word');
  if (!tokenizerKinds.includes(kind)) {
    throw new Error(`There is no tokenizer '${kind}'. There is ${tokenizerKinds.join(', ')}.`);
  }
  return trainTokenizer(texts, {
    kind: kind as TokenizerKind,
    maximumSize: options.vocabularySize ?? 30_000,
    clean: { lowercase: true },
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
  const network = textNetworks[name];
  const {
    epochs = network.epochs,
    batchSize = network.batchSize,
    learningRate = network.learningRate,
    seed = 0,
  } = options;
  const held =
    validation.sequences.length > 0 ? textBatches(validation, { batchSize: 64, labels }) : undefined;
  const layers = network.make({
    vocabulary: tokenizer.vocabularySize,
    classes: labels.length,
    maximumLength,
  });
  const trained = await trainNetwork(
    layers,
    textBatches(train, { batchSize, labels, seed }),
    {
      loss: crossEntropy,
      metrics: [accuracy],
      optimizer: adam(learningRate),
      epochs,
      batchSize,
      ...(held && { validation: held, keepBest: { metric: 'accuracy' } }),
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

/** Naive Bayes as a model: a linear function of counts. */
async function countedModel(
  { priors, scores }: NaiveBayes,
  train: EncodedTexts,
  labels: readonly string[],
  seed: number,
): Promise<TrainedModel> {
  const batchSize = 64;
  const batches = textBatches(train, { batchSize, labels });
  const count = train.targets.length;
  return new TrainedModel({
    model: bagOfTokens(scores.shape[0]!, labels.length),
    variables: { parameters: { scores: { weight: scores }, bias: priors }, state: {} },
    history: { epochs: [] },
    loss: crossEntropy,
    metrics: [accuracy],
    batchTypes: {
      input_ids: { dtype: 'int32', shape: [batchSize, 'time'] },
      target: { dtype: 'int32', shape: [batchSize] },
    },
    classNames: labels,
    training: {
      seed,
      epochs: 1,
      batchSize,
      steps: 0,
      seconds: 0,
      optimizer: 'counts',
      learningRate: 0,
      loss: 'crossEntropy',
      examples: count,
      fingerprint: await batches.fingerprint(),
      workers: 1,
      device: 'cpu',
    },
  });
}

function cutOffNotes({ truncated, targets }: EncodedTexts, maximumLength: number): string[] {
  if (truncated === 0) return [];
  return [
    `${truncated} of ${targets.length} texts are longer than ${maximumLength} tokens and are cut off there.`,
  ];
}

const listed = (labels: readonly string[]): string =>
  labels.length > 12 ? `one of ${labels.length} classes` : labels.join(', ');

const shortest = (examples: readonly LabelledText[]): string =>
  examples.reduce((best, { text }) => (text.length < best.length ? text : best), examples[0]!.text);
