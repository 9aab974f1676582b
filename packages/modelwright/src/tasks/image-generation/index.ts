export { evaluateImageGenerator } from './evaluate.js';
export {
  type GeneratedPicture,
  generatorLabels,
  ImageGenerator,
  imageGeneratorOf,
  openImageGenerator,
} from './generator.js';
export * from './options.js';
export { trainImageGenerator } from './train.js';
