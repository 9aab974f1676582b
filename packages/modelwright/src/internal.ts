// For this repository's benchmarks and tools: parts of the library that are no promise to anybody else.
export { ortCpu, ortWebgpu } from './runtime/ortNode.js';
export { initialVariables } from './train/modelInput.js';
export { TrainingSession } from './train/session.js';
