export { NdArray, type NestedNumbers, sizeOf } from '../graph/array.js';
export {
  bytesPerElement,
  type DType,
  dtypes,
  isFloat,
  type TypedArray,
  type TypedArrayOf,
  typedArrayOf,
} from '../graph/dtype.js';
export { type Compiled, type CompiledOptions, compile } from './compile.js';
export { LimitError, type RunLimits } from './limits.js';
export { ortCpu, ortWebgpu } from './ortNode.js';
export { processRuntime } from './process.js';
export type { CompileOptions, Device, Executable, OnnxRuntime, Runtime } from './runtime.js';
export { type ThreadRuntime, threadRuntime } from './thread.js';
