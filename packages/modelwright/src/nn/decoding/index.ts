export { type BeamSearchOptions, beamSearch, type Hypothesis } from './beamSearch.js';
export { type DecodingLimits, type GenerateOptions, generate, generateBatch } from './generate.js';
export { type SamplingOptions, tokenProbabilities } from './sampling.js';
export { recomputing, type StepModel } from './stepModel.js';
