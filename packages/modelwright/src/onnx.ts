// Graphs made by hand, as ONNX files.
import './primitives/index.js';

export { Graph } from './graph/graph.js';
export { input } from './graph/tensor.js';
export {
  decodeModel,
  type OnnxAttributeValue,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './onnx/decode.js';
export { type EncodeOptions, encodeModel, opsetVersion } from './onnx/encode.js';
