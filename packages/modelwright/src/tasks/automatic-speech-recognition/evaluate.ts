import type { NgramModel } from '../../data/text/index.js';
import type { NdArray } from '../../graph/array.js';
import {
  alignItems,
  characterErrorRate,
  type ErrorRate,
  wordErrorRate,
} from '../../nn/metrics/text/errorRate.js';
import { evaluate } from '../../train/evaluate.js';
import type { TrainedModel } from '../../train/trained.js';
import { type Alphabet, textOf } from './alphabet.js';
import { type EncodedUtterance, utteranceBatches } from './batches.js';
import type { SpeechFraming } from './framing.js';
import { decoderFor } from './language.js';
import type { SpeechEvaluateOptions, SpeechEvaluateResult, SpeechMistake } from './options.js';
import { readSpeechModel, taskName } from './saved.js';
import { openSpeech, type Utterance } from './speech.js';

/** The most mistakes that are told. */
const mostMistakes = 20;

/** What was measured on some utterances. */
export interface MeasuredSpeech {
  /** Loss, word error rate and character error rate. */
  readonly metrics: Record<string, number>;
  readonly words: ErrorRate;
  readonly characters: ErrorRate;
  readonly mistakes: readonly SpeechMistake[];
}

export interface SpeechParts {
  readonly alphabet: Alphabet;
  readonly framing: SpeechFraming;
  readonly language: NgramModel | undefined;
}

/** Loss and error rates of a recogniser. Words that it cannot know count as wrong. */
export async function measureSpeech(
  trained: TrainedModel,
  utterances: readonly Utterance[],
  { alphabet, framing, language }: SpeechParts,
  options: Pick<
    SpeechEvaluateOptions,
    'device' | 'batchSize' | 'beams' | 'languageWeight' | 'wordBonus'
  > = {},
): Promise<MeasuredSpeech> {
  const { batchSize = 16, device } = options;
  const rows = new WeakMap<NdArray, readonly number[]>();
  const encoded = utterances.map(
    (utterance): EncodedUtterance => ({
      ...utterance,
      tokens: alphabet.encode(utterance.text).filter((token) => token !== undefined),
    }),
  );
  const batches = utteranceBatches(encoded, { alphabet, framing, batchSize }, rows);
  const hypotheses = utterances.map(() => '');
  const { loss } = await evaluate(trained, batches, {
    ...(device && { device }),
    metrics: [],
    onPredictions(logits, { target }) {
      const [, steps, classes] = logits.shape as [number, number, number];
      for (const [row, index] of rows.get(target!)!.entries()) {
        const decoder = decoderFor(alphabet, language, options);
        const own = Math.min(steps, framing.stepsOf(utterances[index]!.samples.length));
        for (let step = 0; step < own; step++) {
          const at = (row * steps + step) * classes;
          decoder.push(logits.data.subarray(at, at + classes) as Float32Array);
        }
        hypotheses[index] = textOf(alphabet.wordsOf(decoder.heard(true), framing.stepSeconds));
      }
    },
  });
  const references = utterances.map(({ text }) => text);
  const words = wordErrorRate(hypotheses, references);
  const characters = characterErrorRate(hypotheses, references);
  return {
    metrics: { loss: loss!, wordErrorRate: words.rate, characterErrorRate: characters.rate },
    words,
    characters,
    mistakes: worst(utterances, hypotheses),
  };
}

function worst(utterances: readonly Utterance[], hypotheses: readonly string[]): SpeechMistake[] {
  return utterances
    .map(({ name, text }, i) => {
      const edits = alignItems(hypotheses[i]!.split(' '), text.split(' '));
      const wrong = edits.filter(({ kind }) => kind !== 'match').length;
      return { wrong, mistake: { file: name, reference: text, hypothesis: hypotheses[i]! } };
    })
    .filter(({ wrong }) => wrong > 0)
    .sort((a, b) => b.wrong - a.wrong)
    .slice(0, mostMistakes)
    .map(({ mistake }) => mistake);
}

/**
 * Measures a saved recogniser on speech with transcripts: on what was held out, where the data is of the form of the training's.
 * @throws Error when the model or the data cannot be read
 */
export async function evaluateSpeechRecognizer(
  options: SpeechEvaluateOptions,
): Promise<SpeechEvaluateResult> {
  const started = performance.now();
  const { model, data } = options;
  const { trained, source, ...parts } = await readSpeechModel(model);
  const { train, test } = await openSpeech({
    ...source,
    ...options,
    sampleRate: parts.framing.sampleRate,
  });
  const utterances = test.length > 0 ? test : train;
  const { metrics, words, characters, mistakes } = await measureSpeech(trained, utterances, parts, options);
  return {
    task: taskName,
    model,
    data,
    examples: utterances.length,
    seconds: (performance.now() - started) / 1000,
    metrics,
    words,
    characters,
    mistakes,
  };
}
