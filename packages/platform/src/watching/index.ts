export { countsOf, featuresOf, Reservoir, type Spread, spreadOf, stabilityIndex } from './drift.js';
export { type Logger, logFormats, logLevels, openLog, requestLog } from './log.js';
export { Metrics } from './metrics.js';
export { type ModelWatch, unwatched } from './modelWatch.js';
export { type Answered, type Observer, observed } from './observe.js';
export { currentRequest, noteRequest, noteTokens, type RequestNotes } from './request.js';
export { beginSpan, openTracing, type Tracing } from './trace.js';
