import { referenceRuntime } from './referenceRuntime.js';
import type { Runtime } from './runtime.js';

let chosen: Runtime = referenceRuntime;

/** The runtime used where none is named. In Node: ONNX Runtime on the CPU, in a thread of its own. */
export function defaultRuntime(): Runtime {
  return chosen;
}

/** Sets the runtime used where none is named. The entry points of the package do this once. */
export function setDefaultRuntime(runtime: Runtime): void {
  chosen = runtime;
}
