// The library in Node.
import './train/node.js';

export { NdArray } from './graph/array.js';
export type { DType } from './graph/dtype.js';
export { Graph } from './graph/graph.js';
export type { Dimension, Shape } from './graph/shape.js';
export { input, Tensor } from './graph/tensor.js';
export * as tree from './graph/tree.js';
export * from './importer/index.js';
export * from './nn/decoding/index.js';
export * from './nn/index.js';
export * from './nn/losses/index.js';
export * from './nn/metrics/index.js';
export { encodeModel } from './onnx/encode.js';
export * from './optim/index.js';
export * from './primitives/index.js';
export * from './report/index.js';
export { type Compiled, compile } from './runtime/compile.js';
export { threadRuntime } from './runtime/thread.js';
export { openModel, type RunnableModel } from './saved/index.js';
export * from './train/index.js';
export { load } from './train/save.js';
export { grad, gradients, valueAndGrad } from './transforms/grad.js';
export { simplify } from './transforms/simplify.js';
export { version } from './version.js';
