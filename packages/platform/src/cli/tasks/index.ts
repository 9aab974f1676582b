import { audioClassification } from './audioClassification.js';
import { imageClassification } from './imageClassification.js';
import { imageGeneration } from './imageGeneration.js';
import { imageSimilarity } from './imageSimilarity.js';
import { objectDetection } from './objectDetection.js';
import { speechRecognition } from './speechRecognition.js';
import type { CliTask } from './task.js';
import { textClassification } from './textClassification.js';
import { textGeneration } from './textGeneration.js';
import { tokenClassification } from './tokenClassification.js';
import { translation } from './translation.js';
import { wordEmbeddings } from './wordEmbeddings.js';

export type { CliTask, PredictionOutcome, Predictor, PredictorOptions, Source } from './task.js';

/** The tasks of the command line, by the names that Hugging Face gives them. */
export const tasks: ReadonlyMap<string, CliTask> = new Map([
  ['audio-classification', audioClassification],
  ['automatic-speech-recognition', speechRecognition],
  ['image-classification', imageClassification],
  ['image-generation', imageGeneration],
  ['image-similarity', imageSimilarity],
  ['object-detection', objectDetection],
  ['text-classification', textClassification],
  ['text-generation', textGeneration],
  ['token-classification', tokenClassification],
  ['translation', translation],
  ['word-embeddings', wordEmbeddings],
]);

/** The task of a saved model. @throws Error when the command line cannot do it */
export function taskOf(name: string): CliTask {
  const task = tasks.get(name);
  if (!task) {
    throw new Error(
      `This model is for ${name}; here there is ${[...tasks.keys()].join(', ')}. ` +
        'Serve it with modelwright serve, or open it with openModel in TypeScript.',
    );
  }
  return task;
}
