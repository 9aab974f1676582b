export { type ImportedModel, type ImportedOutput, type ImportOptions, importModel } from './importModel.js';
export { importOnnx } from './importOnnx.js';
export { inspectOnnx, type OnnxInspection, type OperatorUse } from './inspect.js';
export { opsets as supportedOpsets } from './interpret.js';
export { supportedOperators } from './operators/index.js';
export { type NodeProblem, OnnxImportError } from './problems.js';
