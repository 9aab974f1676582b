export { decodeTags } from './decode.js';
export {
  evaluateTokenClassifier,
  type MeasuredSentences,
  readTagger,
  type TaggerPreprocessing,
} from './evaluate.js';
export { type TaggerName, taggerNames } from './models.js';
export * from './options.js';
export {
  type FoundEntity,
  openTokenClassifier,
  type TokenClassifier,
  tokenClassifierOf,
} from './prediction.js';
export { openSentences, type SentenceData, type TaggedSentence } from './sentences.js';
export { trainTokenClassifier } from './train.js';
export { generateTrips } from './trips.js';
