// Graphs made by hand, as ONNX files.
import './primitives/index.js';

export { Graph } from './graph/graph.js';
export { input } from './graph/tensor.js';
export { type EncodeOptions, encodeModel, opsetVersion } from './onnx/encode.js';
