import type { Tokenizer } from '../../data/text/index.js';
import {
  type Entity,
  type EntityReport,
  entitiesOf,
  entityScores,
  tagsOf,
} from '../../nn/metrics/text/entities.js';
import { type EntityConfusions, entityConfusions } from '../../nn/metrics/text/entityConfusions.js';
import { evaluate } from '../../train/evaluate.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { readSavedTokenizer } from '../savedTokenizer.js';
import { type Clues, readClues } from './clues/index.js';
import { decodeTags } from './decode.js';
import { type EncodedSentences, encodeSentences, schemeOf, sentenceBatches } from './encoded.js';
import type { EntityMistake, TokenClassificationEvaluateOptions, TokenEvaluateResult } from './options.js';
import { openSentences, requireKnownTypes, type TaggedSentence } from './sentences.js';

/** The most sentences with mistakes that are told. */
const mostMistakes = 20;

/** What was measured on some sentences. */
export interface MeasuredSentences {
  /** Loss, and precision, recall and F1 of all entities. */
  readonly metrics: Record<string, number>;
  readonly entities: EntityReport;
  /** What entities were taken for. */
  readonly confusions: EntityConfusions;
  /** Sentences with mistakes, those with most first. */
  readonly mistakes: readonly EntityMistake[];
}

/** Loss and strict entity scores of a tagger. Tokens that were cut off are taken as O. */
export async function measureSentences(
  trained: TrainedModel,
  sentences: readonly TaggedSentence[],
  encoded: EncodedSentences,
  options: Pick<TokenClassificationEvaluateOptions, 'device' | 'batchSize'> = {},
): Promise<MeasuredSentences> {
  const labels = trained.classNames ?? [];
  const { batchSize = 64, device } = options;
  const { batches, rowsOf } = sentenceBatches(encoded, { batchSize, labels });
  const predicted: string[][] = sentences.map(() => []);
  const { loss } = await evaluate(trained, batches, {
    ...(device && { device }),
    metrics: [],
    onPredictions(scores, { target }) {
      const rows = rowsOf(target!);
      const lengths = rows.map((row) => encoded.ids[row]!.length);
      for (const [i, tags] of decodeTags(scores, lengths, isChained(trained)).entries()) {
        const row = rows[i]!;
        const rest = new Array<string>(sentences[row]!.tokens.length - tags.length).fill('O');
        predicted[row] = [...tags.map((tag) => labels[tag]!), ...rest];
      }
    },
  });
  const actual = sentences.map(({ tokens, entities }) => tagsOf(entities, tokens.length, schemeOf(labels)));
  const entities = entityScores(predicted, actual);
  const { precision, recall, f1 } = entities.micro;
  const found = predicted.map(entitiesOf);
  return {
    metrics: { loss: loss!, precision, recall, f1 },
    entities,
    confusions: entityConfusions(
      found,
      sentences.map((sentence) => sentence.entities),
    ),
    mistakes: worstMistakes(sentences, found),
  };
}

/** Whether a model's scores are those of a conditional random field. */
const isChained = ({ loss }: TrainedModel): boolean => loss.name === 'crfLoss';

function worstMistakes(
  sentences: readonly TaggedSentence[],
  predicted: readonly (readonly Entity[])[],
): EntityMistake[] {
  const keys = (entities: EntityMistake['entities']): string[] =>
    entities.map(({ type, start, end }) => `${start} ${end} ${type}`);
  const judged = sentences.map(({ tokens, entities }, i) => {
    const found = predicted[i]!;
    const [truth, guess] = [keys(entities), keys(found)];
    const both = truth.filter((key) => guess.includes(key)).length;
    return { wrong: truth.length + guess.length - 2 * both, mistake: { tokens, entities, predicted: found } };
  });
  return judged
    .filter(({ wrong }) => wrong > 0)
    .sort((a, b) => b.wrong - a.wrong)
    .slice(0, mostMistakes)
    .map(({ mistake }) => mistake);
}

/** What a saved tagger needs beside its network. */
export interface TaggerPreprocessing {
  readonly tokenizer: Tokenizer;
  readonly labels: readonly string[];
  /** The most tokens of a sentence. */
  readonly maximumLength: number;
  /** What the model knows of tokens beside which they are. */
  readonly clues: Clues;
}

/** @throws Error when the model is for something else, or a file is missing, damaged, or another model's */
export async function readTagger(directory: string): Promise<TaggerPreprocessing> {
  const { tokenizer, folder } = await readSavedTokenizer(directory, 'token-classification');
  const { labels, preprocessing } = folder.config;
  const { maximumLength } = preprocessing ?? {};
  if (typeof maximumLength === 'number' && labels)
    return { tokenizer, labels, maximumLength, clues: await readClues(folder) };
  throw new Error(`${directory}: config.json lacks labels or maximumLength. Save or copy the model again.`);
}

/**
 * Measures a saved tagger on sentences with entities: on the test part, where the data has one.
 * @throws Error when the model or the data cannot be read, or an entity's type was not seen in training
 */
export async function evaluateTokenClassifier(
  options: TokenClassificationEvaluateOptions,
): Promise<TokenEvaluateResult> {
  const started = performance.now();
  const { model, data } = options;
  const preprocessing = await readTagger(model);
  const trained = await load(model);
  const { train, test } = await openSentences(data);
  const sentences = test.length > 0 ? test : train;
  const { labels } = preprocessing;
  requireKnownTypes(sentences, [...new Set(labels.slice(1).map((label) => label.slice(2)))]);
  const encoded = encodeSentences(sentences, preprocessing);
  const { metrics, entities, confusions, mistakes } = await measureSentences(
    trained,
    sentences,
    encoded,
    options,
  );
  return {
    task: 'token-classification',
    model,
    data,
    examples: sentences.length,
    seconds: (performance.now() - started) / 1000,
    metrics,
    ...entities,
    confusions,
    mistakes,
    truncated: encoded.truncated,
  };
}
