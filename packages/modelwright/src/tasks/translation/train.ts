import { exportDecoder } from '../../nn/decoding/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining } from '../trainNetwork.js';
import { encodePairs } from './encoded.js';
import { type MeasuredTranslations, measureTranslations } from './measure.js';
import { decoderInputs, trainTranslationNetwork } from './network.js';
import type { TranslationTrainOptions } from './options.js';
import { fingerprintOf, openPairs, type ParallelText, unseenPairs } from './pairs.js';
import { samplesText, type TranslationEvaluation, translationReportText } from './report.js';
import { preprocessingOf, taskName, tokenizerFiles } from './saved.js';
import { settingsOf, type TranslationSettings } from './settings.js';
import { bleuTokenizationOf, type TranslationTokenizers, tokenizersFor } from './tokenizers.js';

/** The most pairs that are measured after a training; `evaluateTranslator` measures all. */
const mostMeasured = 3000;

/**
 * Trains a Transformer to translate, measures it on held-out pairs whose source it has not seen, and saves it with the tokenizers
 * of both languages, a model card with translations, a report, and the graphs that decode: `onnx/encoder.onnx` and
 * `onnx/step.onnx`.
 * @throws Error when the data cannot be read, an option is out of range, or the folder to save in holds something else
 */
export async function trainTranslator(options: TranslationTrainOptions): Promise<TrainResult> {
  const { data, out, onEvent } = options;
  const settings = settingsOf(options);
  await checkModelDestination(out);
  const started = performance.now();
  const { train, validation, test } = await openPairs(data, settings);
  const tokenizers = tokenizersFor(train, settings);
  const encode = (pairs: readonly ParallelText[]) => encodePairs(pairs, tokenizers, settings);
  const parts = { train: encode(train), validation: encode(validation) };
  const { pairs: unseen, seen } = unseenPairs(test, train);
  const measured = evenly(unseen.length > 0 ? unseen : test, mostMeasured);
  const truncated = parts.train.truncated + parts.validation.truncated;
  if (truncated > 0) {
    const text = `${truncated} pair(s) have a text of more than ${settings.maximumLength} tokens and are cut off there.`;
    onEvent?.({ kind: 'note', text });
  }
  const trained = await trainTranslationNetwork(options, settings, {
    train: parts.train.pairs,
    validation: parts.validation.pairs,
    tokenizers,
    fingerprint: () => fingerprintOf(train),
  });
  const bleuTokens = bleuTokenizationOf(train.map(({ target }) => target));
  const measurement = await measureTranslations(
    { trained, tokenizers, bleuTokens, maximumLength: settings.maximumLength },
    measured,
    encode(measured).pairs,
    options,
  );
  const evaluation = {
    data: `${data} (held out)`,
    examples: measured.length,
    seen: unseen.length > 0 ? seen : 0,
    bleuTokens,
  };
  await save(trained, { options, settings, tokenizers, measurement, evaluation });
  return finishTraining(options, {
    task: taskName,
    model: 'transformer',
    metrics: measurement.metrics,
    epochs: trained.history.epochs.length,
    started,
  });
}

/** At most so many items, at equal distances. */
function evenly<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}

interface Saving {
  readonly options: TranslationTrainOptions;
  readonly settings: TranslationSettings;
  readonly tokenizers: TranslationTokenizers;
  readonly measurement: MeasuredTranslations;
  readonly evaluation: TranslationEvaluation;
}

async function save(trained: TrainedModel, saving: Saving): Promise<void> {
  const { options, settings, tokenizers, measurement, evaluation } = saving;
  const { source, target } = tokenizers;
  const decoder = exportDecoder(trained.model, trained.variables, { inputs: decoderInputs });
  await trained.save(options.out, {
    data: options.data,
    task: taskName,
    description:
      `Translates texts: a Transformer of ${settings.layers} encoder and ${settings.layers} decoder layers of width ${settings.width}. ` +
      `The source's tokens are ${tokenNames[source.kind]}, the target's ${tokenNames[target.kind]}.\n\n${samplesText(measurement.translations)}`,
    sampleInput: measurement.translations[0]!.source,
    evaluation: { ...evaluation, metrics: measurement.metrics },
    limitations:
      'It learned from the pairs named above alone. It makes fluent sentences that say something else than the source, most of all on ' +
      'names, numbers and long sentences. Let a person read what matters.',
    preprocessing: await preprocessingOf({ ...settings, bleuTokens: evaluation.bleuTokens }, tokenizers),
    files: {
      ...tokenizerFiles(tokenizers),
      'evaluation.md': translationReportText(measurement, evaluation),
      'onnx/step.onnx': decoder.step,
      'onnx/encoder.onnx': decoder.memory!,
    },
  });
}

const tokenNames = {
  character: 'characters',
  word: 'words',
  bpe: 'pieces of words (byte-level BPE)',
  wordpiece: 'pieces of words (WordPiece)',
} as const;
