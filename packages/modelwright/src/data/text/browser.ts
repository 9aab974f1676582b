/** What of text also runs in a browser: nothing here imports from Node. */

export * from './buckets.js';
export * from './clean.js';
export * from './conll.js';
export * from './lines.js';
export { NgramModel } from './ngramModel.js';
export * from './padding.js';
export * from './parallel.js';
export * from './segment.js';
export { type EncodeBatchOptions, type EncodedBatch, type EncodeOptions, Tokenizer } from './tokenizer.js';
export type { TokenizerConfig, TokenizerJson, TokenizerKind } from './tokenizerJson.js';
export * from './trainTokenizer.js';
export * from './utf8.js';
export * from './vocabulary.js';
