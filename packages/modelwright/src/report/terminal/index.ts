export { confusionMatrixText } from './confusionMatrix.js';
export { type CurveOptions, curveText } from './curve.js';
export { type Progress, type ProgressOptions, type ProgressUpdate, progressBar } from './progress.js';
export type { Environment, TerminalStream } from './stream.js';
export { type TableOptions, tableText } from './table.js';
