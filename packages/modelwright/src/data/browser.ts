/** What of the data room also runs in a browser: nothing here imports from Node. */

export * from '../graph/random.js';
export * from './audio/browser.js';
export * from './augment.js';
export * from './classBatches.js';
export * from './collate.js';
export * from './dataset.js';
export * from './digits.js';
export * from './drawnCharacters.js';
export {
  adjustColour,
  type ColourChange,
  crop,
  type Distortion,
  flip,
  type ImageSize,
  rotate,
  shade,
  type Warp,
  warp,
} from './image-ops.js';
export * from './mixup.js';
export type { SkippedFile, Source } from './source.js';
export { holdOutEvery, stratifiedSplit, type TrainTest } from './split.js';
export * from './text/browser.js';
