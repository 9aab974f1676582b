export type { Language } from './captions.js';
export * from './charts/index.js';
export { type ClassificationReportInfo, classificationReportText } from './classification.js';
export { type DetectionReportInfo, detectionReportText } from './detection.js';
export {
  bestEpoch,
  type EpochRecord,
  type History,
  historyFromJson,
  historyToJson,
  isLowerBetter,
  metricNames,
  metricSeries,
  type Split,
} from './history.js';
export * from './modelCard/index.js';
export { type SummaryRow, type SummaryTotals, summaryText, summaryTotals } from './summary.js';
export * from './terminal/index.js';
