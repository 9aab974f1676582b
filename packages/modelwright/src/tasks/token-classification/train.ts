import type { Dataset } from '../../data/dataset.js';
import type { Tokenizer } from '../../data/text/index.js';
import { adam } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainedModel } from '../../train/trained.js';
import { requireChoice } from '../choices.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork, withOpenTime } from '../trainNetwork.js';
import { type Clues, clueFiles, makeClues, savedClues } from './clues/index.js';
import { encodeSentences, labelsFor, sentenceBatches } from './encoded.js';
import { measureSentences } from './evaluate.js';
import { type TaggerName, taggerNames, taggers } from './models.js';
import type { TokenClassificationTrainOptions } from './options.js';
import { entityReportText } from './report.js';
import {
  holdOutSentences,
  openSentences,
  requireKnownTypes,
  type TaggedSentence,
  typesOf,
} from './sentences.js';
import { tokenizerFor, tokenKind } from './vocabulary.js';

/**
 * Trains a tagger of named entities, measures it strictly, and saves it with its vocabulary, a model card and a report.
 * @throws Error when the data cannot be read, holds no entity, or the folder to save in holds something else
 */
export async function trainTokenClassifier(options: TokenClassificationTrainOptions): Promise<TrainResult> {
  const { data, out, model = 'bilstm-crf', seed = 0, maximumLength = 256, onEvent } = options;
  requireChoice('model for entities', model, taggerNames);
  if (options.scheme !== undefined) requireChoice('scheme', options.scheme, ['BIO', 'BIOES']);
  await checkModelDestination(out);
  const started = performance.now();
  const { train: all, validation, test, notes } = await openSentences(data);
  const { train, held } =
    test.length > 0 ? { train: all, held: test } : holdOutSentences(all, options.validationSplit ?? 0.1);
  const types = typesOf(train, data);
  for (const part of [validation, held]) requireKnownTypes(part, types);
  const kind = tokenKind(train);
  const { scheme = kind === 'character' ? 'BIOES' : 'BIO' } = options;
  const labels = labelsFor(types, scheme);
  const { vocabularySize = 30_000 } = options;
  const clues = makeClues(model, { sentences: train, tokens: kind, data, vocabularySize }, options);
  const tokenizer = tokenizerFor(train, { ...options, vocabularySize }, clues.spelling !== undefined);
  const encode = (sentences: readonly TaggedSentence[]) =>
    encodeSentences(sentences, { tokenizer, labels, maximumLength, clues, tooLong: options.tooLong });
  const [trainPart, validationPart, heldPart] = [encode(train), encode(validation), encode(held)];
  const truncated = [trainPart, validationPart, heldPart].reduce((sum, part) => sum + part.truncated, 0);
  const cut = `${truncated} sentence(s) are longer than ${maximumLength} tokens and are cut off there.`;
  for (const text of [...notes, ...(truncated > 0 ? [cut] : [])]) onEvent?.({ kind: 'note', text });
  const { batchSize = taggers[model as TaggerName].batchSize } = options;
  const trained = await trainTagger(options, {
    name: model as TaggerName,
    labels,
    tokenizer,
    maximumLength,
    clues,
    batchSize,
    train: sentenceBatches(trainPart, { batchSize, labels, seed }).batches,
    validation:
      validation.length > 0 ? sentenceBatches(validationPart, { batchSize, labels }).batches : undefined,
    examples: { train: train.length, validation: validation.length },
  });
  const [sentences, encoded] = held.length > 0 ? [held, heldPart] : [train, trainPart];
  const measured = await measureSentences(trained, sentences, encoded, { device: options.device });
  const { metrics } = measured;
  const evaluation = {
    data: held.length > 0 ? `${data} (held out)` : data,
    examples: sentences.length,
    metrics,
  };
  await trained.save(out, {
    data,
    task: 'token-classification',
    description: `Finds entities of the types ${types.join(', ')} with the model ${model}. Tokens are ${kind}s, tags are ${scheme}.`,
    sampleInput: sentences[0]!.tokens.join(kind === 'word' ? ' ' : ''),
    evaluation,
    preprocessing: { maximumLength, ...savedClues(clues), vocabularySize: tokenizer.vocabularySize },
    files: {
      ...tokenizer.files(),
      ...clueFiles(clues),
      'evaluation.md': entityReportText(measured, evaluation),
    },
  });
  return finishTraining(options, {
    task: 'token-classification',
    model,
    metrics,
    epochs: trained.training.epochs,
    started,
  });
}

interface TaggerTraining {
  readonly name: TaggerName;
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maximumLength: number;
  readonly clues: Clues;
  readonly batchSize: number;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly examples: { readonly train: number; readonly validation: number };
}

async function trainTagger(
  options: TokenClassificationTrainOptions,
  training: TaggerTraining,
): Promise<TrainedModel> {
  const { name, labels, tokenizer, maximumLength, clues, batchSize, train, validation, examples } = training;
  const tagger = taggers[name];
  const { epochs = tagger.epochs, learningRate = tagger.learningRate } = options;
  const { features, units, dropout } = options;
  const layers = tagger.make({
    ...{ features, units, dropout, maximumLength, clues },
    vocabulary: tokenizer.vocabularySize,
    tags: labels.length,
  });
  const trained = await trainNetwork(
    layers,
    train,
    {
      loss: tagger.loss,
      optimizer: adam(tagger.rate(learningRate, epochs * train.length)),
      clipNorm: 5,
      epochs,
      batchSize,
      ...(validation && { validation }),
    },
    { options, model: name, classes: labels, examples },
  );
  return withOpenTime(trained, ['input_ids', ...Object.values(clues).map(({ input }) => input), 'target']);
}
