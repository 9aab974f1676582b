export { evaluateAudioClassifier, type MeasuredSounds, soundPreprocessing } from './evaluate.js';
export { type SoundPreprocessing, soundInput } from './examples.js';
export { type AudioNetworkName, audioNetworkNames } from './models.js';
export * from './options.js';
export { predictSounds, readSound } from './prediction.js';
export { trainAudioClassifier } from './train.js';
