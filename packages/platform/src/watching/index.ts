export { countsOf, featuresOf, Reservoir, type Spread, spreadOf, stabilityIndex } from './drift.js';
export { type Logger, logFormats, logLevels, openLog, requestLog } from './log.js';
export { Metrics } from './metrics.js';
export { type ModelWatch, unwatched } from './modelWatch.js';
export { type Answered, idHeader, type Observer, observed, type Watch, watcher } from './observe.js';
export {
  currentRequest,
  noteRequest,
  noteTokens,
  type RequestHead,
  type RequestNotes,
  withinRequest,
} from './request.js';
export { beginSpan, openTracing, type Tracing } from './trace.js';
