import { fieldCondition } from '../../data/audio/browser.js';
import type { NdArray } from '../../graph/array.js';
import { averageScore } from '../../nn/metrics/scores.js';
import type { ModelConfig } from '../../saved/config.js';
import { readModelFolder } from '../../saved/folder.js';
import { evaluate } from '../../train/evaluate.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { type LabelledClip, openSounds } from '../sounds.js';
import { type SoundPreprocessing, soundExamples } from './examples.js';
import { requireKnownLabels } from './labels.js';
import type { AudioClassificationEvaluateOptions, AudioEvaluateResult, SoundMistake } from './options.js';

export const taskName = 'audio-classification';

/** The most mistakes that are told. */
const mostMistakes = 20;

/** What was measured on some sounds. */
export interface MeasuredSounds {
  /** Loss, accuracy and macro F1. */
  readonly metrics: Record<string, number>;
  /** Counts by true class and predicted class. */
  readonly confusionMatrix: number[][];
  /** How sure the model was of each sound, and 1 where it was right. */
  readonly confidence: readonly number[];
  readonly correct: readonly number[];
  readonly mistakes: readonly SoundMistake[];
}

/** Loss, metrics, confusion matrix and worst mistakes of a classifier of sounds. */
export async function measureSounds(
  trained: TrainedModel,
  clips: readonly LabelledClip[],
  preprocessing: SoundPreprocessing,
  { batchSize = 64, device }: Pick<AudioClassificationEvaluateOptions, 'device' | 'batchSize'> = {},
): Promise<MeasuredSounds> {
  const labels = trained.classNames ?? [];
  const firsts = new WeakMap<NdArray, number>();
  const batches = soundExamples(clips, { ...preprocessing, labels })
    .batch(batchSize)
    .map((batch, { index }) => {
      firsts.set(batch.target!, index * batchSize);
      return batch;
    });
  const confusionMatrix = labels.map(() => new Array<number>(labels.length).fill(0));
  const judged: (SoundMistake & { readonly right: boolean })[] = [];
  const metrics = await evaluate(trained, batches, {
    ...(device && { device }),
    onPredictions(logits, { target }) {
      const width = labels.length;
      for (let row = 0; row < target!.size; row++) {
        const index = firsts.get(target!)! + row;
        const scores = logits.data.subarray(row * width, (row + 1) * width) as Float32Array;
        const highest = Math.max(...scores);
        const guess = scores.indexOf(highest);
        const truth = Number(target!.data[row]);
        confusionMatrix[truth]![guess]! += 1;
        judged[index] = {
          file: clips[index]!.name,
          label: labels[truth]!,
          predicted: labels[guess]!,
          probability: 1 / scores.reduce((sum, score) => sum + Math.exp(score - highest), 0),
          right: guess === truth,
        };
      }
    },
  });
  return {
    metrics: { ...metrics, macroF1: averageScore('f1', confusionMatrix, 'macro') },
    confusionMatrix,
    confidence: judged.map(({ probability }) => probability),
    correct: judged.map(({ right }) => Number(right)),
    mistakes: judged
      .filter(({ right }) => !right)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, mostMistakes)
      .map(({ right: _, ...mistake }) => mistake),
  };
}

/** What classifiers whose config does not say it take for silence, in decibel: they were saved before it was kept. */
const silenceUnsaid = 50;

/**
 * How a saved classifier of sounds takes them.
 * @throws TypeError when the model is for something else
 */
export function soundPreprocessing({ task, preprocessing }: ModelConfig): SoundPreprocessing {
  const { sampleRate, samples, silence = silenceUnsaid } = preprocessing ?? {};
  if (
    task === taskName &&
    typeof sampleRate === 'number' &&
    typeof samples === 'number' &&
    typeof silence === 'number'
  )
    return { sampleRate, samples, silence };
  throw new TypeError(
    `The model is for ${task}, and its config.json names no sampleRate and samples: it does not classify sounds.`,
  );
}

/**
 * Measures a saved classifier on sounds: on those that were held out, where the data is of the form of the training's.
 * @throws Error when the model or the data cannot be read, or a label was not seen in training
 */
export async function evaluateAudioClassifier(
  options: AudioClassificationEvaluateOptions,
): Promise<AudioEvaluateResult> {
  const started = performance.now();
  const { model, data } = options;
  const { config } = await readModelFolder(model);
  const preprocessing = soundPreprocessing(config);
  const trained = await load(model);
  const { pattern, holdOut } = config.preprocessing ?? {};
  const { train, test } = await openSounds({
    ...(typeof pattern === 'string' && { pattern }),
    ...options,
    sampleRate: preprocessing.sampleRate,
  });
  const clips = test.length > 0 ? test : heldOutBefore(train, holdOut);
  const labels = trained.classNames ?? [];
  requireKnownLabels(clips, labels);
  const { metrics, confusionMatrix, mistakes } = await measureSounds(trained, clips, preprocessing, options);
  return {
    task: taskName,
    model,
    data,
    examples: clips.length,
    seconds: (performance.now() - started) / 1000,
    metrics,
    labels,
    confusionMatrix,
    mistakes,
  };
}

/** The sounds that the training held out by a condition, where these tell what it asks for; else all. */
function heldOutBefore(clips: readonly LabelledClip[], condition: unknown): readonly LabelledClip[] {
  if (typeof condition !== 'string') return clips;
  const names = condition.match(/\w+(?==)/g) ?? [];
  if (!clips.every(({ fields }) => names.every((name) => fields[name] !== undefined))) return clips;
  const isHeld = fieldCondition(condition);
  const held = clips.filter(({ fields }) => isHeld(fields));
  return held.length > 0 ? held : clips;
}
