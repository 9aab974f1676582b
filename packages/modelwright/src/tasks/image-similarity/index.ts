export { evaluateImageSimilarity } from './evaluate.js';
export { Gallery, type SimilarPicture } from './gallery.js';
export * from './options.js';
export {
  type Comparison,
  ImageSimilarity,
  imageSimilarityOf,
  openImageSimilarity,
  type PictureSource,
} from './prediction.js';
export type { SimilarityPreset } from './presets.js';
export type { GalleryIndex, OpenGalleryOptions } from './savedGallery.js';
export { trainImageSimilarity } from './train.js';
