export { evaluateImageGenerator } from './evaluate.js';
export { type GeneratedPicture, ImageGenerator, imageGeneratorOf, openImageGenerator } from './generator.js';
export * from './options.js';
export { trainImageGenerator } from './train.js';
