export { Alphabet, type SpeechUnits } from './alphabet.js';
export { evaluateSpeechRecognizer, type MeasuredSpeech } from './evaluate.js';
export { type SpeechNetworkName, speechNetworkNames } from './models.js';
export * from './options.js';
export { SpeechRecognizer, type SpeechStreamOptions } from './recognizer.js';
export type { SpeechStream } from './stream.js';
export { trainSpeechRecognizer } from './train.js';
