// For this repository's benchmarks and tools: parts of the library that are no promise to anybody else.

export { Random } from './graph/random.js';
export { nearestRows } from './nn/vectors.js';
export { ortCpu, ortWebgpu } from './runtime/ortNode.js';
export { HnswIndex } from './tasks/image-similarity/hnsw.js';
export { clusteredEmbeddings } from './tasks/image-similarity/testing.js';
export { bucketPairs } from './tasks/translation/buckets.js';
export { encodePairs } from './tasks/translation/encoded.js';
export { openPairs, unseenPairs } from './tasks/translation/pairs.js';
export { tokenizersFor } from './tasks/translation/tokenizers.js';
export { initialVariables } from './train/modelInput.js';
export { TrainingSession } from './train/session.js';
