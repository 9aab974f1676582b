export { type BeamSearchOptions, beamSearch, beamSearchSteps, type Hypothesis } from './beamSearch.js';
export { CachedDecoder, type CachedDecoderOptions } from './cachedDecoder.js';
export {
  type CtcBeamOptions,
  CtcBeamSearch,
  type CtcDecoder,
  GreedyCtc,
  type HeardToken,
  type SequenceScorer,
} from './ctc.js';
export { type Cache, type DecodingGraphs, type DecodingInputs, decodingGraphs } from './decodingGraphs.js';
export { type DecodingFiles, exportDecoder } from './exportDecoder.js';
export { type DecodingLimits, type GenerateOptions, generate, generateBatch } from './generate.js';
export { type SamplingOptions, tokenProbabilities } from './sampling.js';
export { recomputing, type StepModel } from './stepModel.js';
