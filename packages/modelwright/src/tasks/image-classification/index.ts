export { evaluateImageClassifier, type Measured } from './evaluate.js';
export { openImages } from './images.js';
export * from './options.js';
export * from './prediction.js';
export { trainImageClassifier } from './train.js';
