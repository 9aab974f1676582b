// A training runs where this is imported: in Node.
import '../train/node.js';

export * from './audio-classification/index.js';
export * from './automatic-speech-recognition/index.js';
export * from './events.js';
export * from './image-classification/index.js';
export * from './image-generation/index.js';
export * from './image-similarity/index.js';
export * from './object-detection/index.js';
export * from './options.js';
export * from './predictions.js';
export {
  type LabelledClip,
  type OpenSoundsOptions,
  openSounds,
  type SoundData,
  type SoundSourceOptions,
} from './sounds.js';
export * from './text-classification/index.js';
export * from './text-generation/index.js';
export * from './token-classification/index.js';
export { checkpointsOf } from './trainNetwork.js';
export * from './translation/index.js';
export * from './word-embeddings/index.js';
