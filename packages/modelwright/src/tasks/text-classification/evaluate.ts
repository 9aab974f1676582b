import type { LabelledText, Tokenizer } from '../../data/text/index.js';
import type { NdArray } from '../../graph/array.js';
import { averageScore } from '../../nn/metrics/scores.js';
import { evaluate } from '../../train/evaluate.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { readSavedTokenizer } from '../savedTokenizer.js';
import { type EncodedTexts, encodeTexts, textBatches } from './encoded.js';
import type { Mistake, TextClassificationEvaluateOptions, TextEvaluateResult } from './options.js';
import { openTexts } from './texts.js';

/** The most mistakes that are told. */
const mostMistakes = 20;

/** What was measured on some texts. */
export interface MeasuredTexts {
  /** Loss, accuracy and macro F1. */
  readonly metrics: Record<string, number>;
  /** Counts by true class and predicted class. */
  readonly confusionMatrix: number[][];
  /** The likeliest class of each text, and how likely it is, in no particular order; `correct` is 1 where it is right. */
  readonly confidence: readonly number[];
  readonly correct: readonly number[];
  /** The mistakes that the model was surest of. */
  readonly mistakes: readonly Mistake[];
}

/** Loss, metrics, confusion matrix and worst mistakes of a classifier. */
export async function measureTexts(
  trained: TrainedModel,
  examples: readonly LabelledText[],
  encoded: EncodedTexts,
  options: Pick<TextClassificationEvaluateOptions, 'device' | 'batchSize'> = {},
): Promise<MeasuredTexts> {
  const labels = trained.classNames ?? [];
  const { batchSize = 64, device } = options;
  const order = encoded.sequences.map((_, i) => i);
  const indexed = { ...encoded, targets: order };
  const confusionMatrix = labels.map(() => new Array<number>(labels.length).fill(0));
  const confidence: number[] = [];
  const correct: number[] = [];
  const mistakes: Mistake[] = [];
  const note = (scores: Float32Array, index: number): void => {
    const probabilities = softmaxOf(scores);
    const probability = Math.max(...probabilities);
    const predicted = probabilities.indexOf(probability);
    const target = encoded.targets[index]!;
    confusionMatrix[target]![predicted]! += 1;
    confidence.push(probability);
    correct.push(Number(predicted === target));
    if (predicted === target) return;
    mistakes.push({
      text: examples[index]!.text,
      label: labels[target]!,
      predicted: labels[predicted]!,
      probability,
    });
  };
  // Examples come by their length: which one a row is, is told by a pass in the same order whose targets are positions.
  const positions = textBatches(indexed, { batchSize, labels });
  const batches = textBatches(encoded, { batchSize, labels });
  const rows = new Map<NdArray, NdArray>();
  const paired = batches.map(async (batch, { index }) => {
    rows.set(batch.target!, (await positions.at(index)).target!);
    return batch;
  });
  const metrics = await evaluate(trained, paired, {
    ...(device && { device }),
    onPredictions(predictions, batch) {
      const width = labels.length;
      const which = rows.get(batch.target!)!;
      for (let row = 0; row < which.size; row++) {
        note(
          predictions.data.subarray(row * width, (row + 1) * width) as Float32Array,
          Number(which.data[row]),
        );
      }
    },
  });
  mistakes.sort((a, b) => b.probability - a.probability);
  return {
    metrics: { ...metrics, macroF1: averageScore('f1', confusionMatrix, 'macro') },
    confusionMatrix,
    confidence,
    correct,
    mistakes: mistakes.slice(0, mostMistakes),
  };
}

function softmaxOf(scores: Float32Array): number[] {
  const highest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** What a saved classifier of texts needs beside its network. */
export interface TextPreprocessing {
  readonly tokenizer: Tokenizer;
  readonly maximumLength: number;
}

/**
 * The tokenizer of a saved classifier of texts.
 * @throws Error when the model is for something else, or the tokenizer is missing, damaged, or another model's
 */
export async function readTextPreprocessing(directory: string): Promise<TextPreprocessing> {
  const { tokenizer, folder } = await readSavedTokenizer(directory, 'text-classification');
  const maximumLength = folder.config.preprocessing?.maximumLength;
  if (typeof maximumLength === 'number') return { tokenizer, maximumLength };
  throw new Error(`${directory}: config.json lacks maximumLength. Save or copy the model again.`);
}

/**
 * Measures a saved classifier on labelled texts: on the test part, where the data has one.
 * @throws Error when the model or the data cannot be read, or a label was not seen in training
 */
export async function evaluateTextClassifier(
  options: TextClassificationEvaluateOptions,
): Promise<TextEvaluateResult> {
  const started = performance.now();
  const { tokenizer, maximumLength } = await readTextPreprocessing(options.model);
  const trained = await load(options.model);
  const { train, test } = await openTexts(options);
  const examples = test.length > 0 ? test : train;
  const labels = trained.classNames ?? [];
  const encoded = encodeTexts(examples, { tokenizer, labels, maximumLength });
  const { metrics, confusionMatrix, mistakes } = await measureTexts(trained, examples, encoded, options);
  return {
    task: 'text-classification',
    model: options.model,
    data: options.data,
    examples: examples.length,
    seconds: (performance.now() - started) / 1000,
    metrics,
    labels,
    confusionMatrix,
    mistakes,
    truncated: encoded.truncated,
  };
}
