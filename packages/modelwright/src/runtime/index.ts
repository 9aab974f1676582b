export { type Compiled, type CompiledOptions, compile } from './compile.js';
export { ortCpu, ortWebgpu } from './ortNode.js';
export type { CompileOptions, Device, Executable, OnnxRuntime, Runtime } from './runtime.js';
export { threadRuntime } from './thread.js';
