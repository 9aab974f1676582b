// The only file that imports onnxruntime-node.
import { availableParallelism } from 'node:os';
import type { OrtPackage } from './ort.js';
import { ortRuntime } from './ort.js';
import { ortDeviceRuntime, webgpuSession } from './ortHolding.js';
import type { DeviceRuntime, OnnxRuntime } from './runtime.js';

let loaded: Promise<OrtPackage> | undefined;

function load(): Promise<OrtPackage> {
  loaded ??= import('onnxruntime-node');
  return loaded;
}

/** ONNX Runtime on the CPU. */
export const ortCpu: OnnxRuntime = ortRuntime({
  name: 'ONNX Runtime, CPU',
  device: 'cpu',
  load,
  sessionOptions: ({ threads = availableParallelism(), inference = false }) => ({
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    extra: { session: { force_spinning_stop: '1' } },
    // 'all' adds the blocked convolution layout, which needs constant weights; without them it is only more reordering.
    graphOptimizationLevel: inference ? 'all' : 'extended',
  }),
  writesInPlace: true,
});

/** ONNX Runtime on a GPU through WebGPU (Dawn: Vulkan, Metal or Direct3D 12). */
export const ortWebgpu: DeviceRuntime = ortDeviceRuntime({
  name: 'ONNX Runtime, WebGPU',
  device: 'webgpu',
  load,
  sessionOptions: webgpuSession,
  writesInPlace: true,
});
