import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeAudio } from '../../data/audio/browser.js';
import type { NdArray } from '../../graph/array.js';
import type { ModelConfig } from '../../saved/config.js';
import type { RunnableModel } from '../../saved/openModel.js';
import { type Prediction, topPredictions } from '../predictions.js';
import { soundPreprocessing } from './evaluate.js';
import { soundInput } from './examples.js';

/** The longest sound that is read for a prediction, in seconds. */
const mostSeconds = 600;

/**
 * A sound file as the input of a saved classifier: `waveform` float32 [1, samples].
 * @param source a file, or the bytes of one: WAV, FLAC, MP3, OGG Vorbis or Opus
 * @throws Error when it is no sound, is damaged, cut off, empty or too long
 */
export async function readSound(
  config: ModelConfig,
  source: string | Uint8Array,
): Promise<{ readonly waveform: NdArray<'float32'> }> {
  const preprocessing = soundPreprocessing(config);
  const [bytes, name] =
    typeof source === 'string' ? [await readFile(source), basename(source)] : [source, 'the sound'];
  const { samples } = await decodeAudio(bytes, {
    sampleRate: preprocessing.sampleRate,
    name,
    maximumSeconds: mostSeconds,
  });
  const waveform = soundInput(samples, preprocessing);
  return { waveform: waveform.reshape([1, preprocessing.samples]) };
}

/**
 * Classifies sounds, one after another.
 * @param sources files, or the bytes of files
 * @param options.top the most classes to give for each sound; default 5
 * @returns for each sound its likeliest classes, likeliest first
 */
export async function predictSounds(
  model: RunnableModel,
  sources: readonly (string | Uint8Array)[],
  { top = 5 }: { readonly top?: number } = {},
): Promise<Prediction[][]> {
  const results: Prediction[][] = [];
  for (const source of sources) {
    const outputs = await model.run(await readSound(model.config, source));
    results.push(topPredictions(model.config.labels, outputs[model.config.outputs[0]!.name]!, top));
  }
  return results;
}
