export {
  evaluateTextClassifier,
  type MeasuredTexts,
  readTextPreprocessing,
  type TextPreprocessing,
} from './evaluate.js';
export { type TextNetworkName, textModelNames } from './models.js';
export { fitNaiveBayes, type NaiveBayes, predictNaiveBayes } from './naiveBayes.js';
export * from './options.js';
export * from './prediction.js';
export { generateReviews } from './reviews.js';
export { openTexts, type TextData } from './texts.js';
export { trainTextClassifier } from './train.js';
