import { audioClassification } from './audioClassification.js';
import { imageClassification } from './imageClassification.js';
import { imageGeneration } from './imageGeneration.js';
import { imageSimilarity } from './imageSimilarity.js';
import { objectDetection } from './objectDetection.js';
import { speechRecognition } from './speechRecognition.js';
import type { ServedTask } from './task.js';
import { textClassification } from './textClassification.js';
import { textGeneration } from './textGeneration.js';
import { tokenClassification } from './tokenClassification.js';
import { translation } from './translation.js';
import { wordEmbeddings } from './wordEmbeddings.js';

/** The tasks that take more than arrays. A record is only given what it has opened itself. */
export const servedTasks: Readonly<Record<string, ServedTask<unknown>>> = {
  'audio-classification': audioClassification,
  'automatic-speech-recognition': speechRecognition,
  'image-classification': imageClassification,
  'image-generation': imageGeneration,
  'image-similarity': imageSimilarity,
  'object-detection': objectDetection,
  'text-classification': textClassification,
  'text-generation': textGeneration,
  'token-classification': tokenClassification,
  translation,
  'word-embeddings': wordEmbeddings,
};
