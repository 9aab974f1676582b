export { accuracy, binaryAccuracy, topKAccuracy } from './accuracy.js';
export { type CalibrationBin, calibration, expectedCalibrationError, topConfidences } from './calibration.js';
export type { ClassOptions } from './classes.js';
export { confusionMatrix, f1, precision, recall, type ScoreOptions } from './confusion.js';
export {
  averagePrecision,
  cocoThresholds,
  type DetectedImage,
  type DetectionCurve,
  type DetectionPrecision,
  type FoundBox,
  type PrecisionOptions,
  type TrueBox,
} from './detection.js';
export { type Configurable, defineMeasure, type Measure, type Metric, metricOf } from './metric.js';
export {
  type Numbers,
  type PrecisionRecallPoints,
  prAuc,
  precisionRecallCurve,
  type RocPoints,
  rocAuc,
  rocAucOneVersusRest,
  rocCurve,
} from './ranking.js';
export { isRegistered, type MetricJson, metricFromJson, metrics, metricToJson } from './registry.js';
export { type R2Options, r2, rootMeanSquaredError } from './regression.js';
export {
  type Averaging,
  type ClassificationReport,
  type ClassScores,
  classificationReport,
  type Scores,
} from './scores.js';
export * from './text/index.js';
export {
  type EqualError,
  equalError,
  recallAtK,
  type ScoredPairs,
  trueAcceptRate,
  verificationPairs,
} from './verification.js';
