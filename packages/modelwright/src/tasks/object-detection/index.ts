export { evaluateObjectDetector } from './evaluate.js';
export * from './options.js';
export {
  type DetectedPicture,
  type Detection,
  type DetectOptions,
  detectObjects,
  detectOnImage,
} from './prediction.js';
export { trainObjectDetector } from './train.js';
