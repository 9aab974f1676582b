// The library in browsers: everything but threads, files and terminals. Nothing in here needs Node.
import './train/browser.js';

export { NdArray } from './graph/array.js';
export type { DType } from './graph/dtype.js';
export { Graph } from './graph/graph.js';
export type { Dimension, Shape } from './graph/shape.js';
export { input, Tensor } from './graph/tensor.js';
export * as tree from './graph/tree.js';
export { type ImportedModel, type ImportOptions, importModel } from './importer/importModel.js';
export { type NodeProblem, OnnxImportError } from './importer/problems.js';
export * from './nn/decoding/index.js';
export * from './nn/index.js';
export * from './nn/losses/index.js';
export * from './nn/metrics/index.js';
export { decodeModel } from './onnx/decode.js';
export { encodeModel } from './onnx/encode.js';
export * from './optim/index.js';
export * from './primitives/index.js';
export { type Compiled, compile } from './runtime/compile.js';
export { configureWeb, ortWasm, ortWebgpuWeb, type WebOptions } from './runtime/ortWeb.js';
export * from './train/index.js';
export { grad, gradients, valueAndGrad } from './transforms/grad.js';
export { simplify } from './transforms/simplify.js';
export { version } from './version.js';
