export { calibrationSvg } from './calibration.js';
export { confusionMatrixSvg } from './confusionMatrix.js';
export { type CurvesOptions, curvesSvg } from './curves.js';
export { type PrecisionRecallCurve, precisionRecallSvg } from './precisionRecall.js';
export { type RocCurve, rocSvg } from './roc.js';
export type { ChartOptions } from './svg.js';
