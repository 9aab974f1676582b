// Graphs made by hand as ONNX files, and ONNX files as models.
import './primitives/index.js';

export { Graph } from './graph/graph.js';
export { input } from './graph/tensor.js';
export * from './importer/index.js';
export {
  decodeModel,
  type OnnxAttributeValue,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './onnx/decode.js';
export { type EncodeOptions, encodeModel, opsetVersion } from './onnx/encode.js';
