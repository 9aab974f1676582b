// The only file that imports onnxruntime-web. Each of its two builds is loaded when a graph is first compiled for it.
import type { Env } from 'onnxruntime-common';
import { type OrtPackage, ortRuntime } from './ort.js';
import { ortDeviceRuntime, webgpuSession } from './ortHolding.js';
import type { DeviceRuntime, OnnxRuntime } from './runtime.js';

export interface WebOptions {
  /**
   * The address of the folder that holds the `.wasm` and `.mjs` files of onnxruntime-web, relative to the page or worker.
   * Default: where the script that holds onnxruntime-web was loaded from.
   */
  readonly wasmPaths?: string;
  /** Threads of the WebAssembly build, used where the page is cross-origin isolated. Default: one a core. */
  readonly threads?: number;
}

let options: WebOptions = {};

/** Says where the files of onnxruntime-web are, and how many threads they may use. To be called before the first graph is compiled. */
export function configureWeb(changes: WebOptions): void {
  options = { ...options, ...changes };
}

function lazily(load: () => Promise<OrtPackage & { readonly env: Env }>): () => Promise<OrtPackage> {
  let loaded: Promise<OrtPackage> | undefined;
  const configure = async (): Promise<OrtPackage> => {
    const ort = await load();
    // Threads need shared memory, which browsers give to cross-origin isolated pages alone (COOP and COEP headers).
    const { crossOriginIsolated, location, navigator } = globalThis as BrowserGlobals;
    ort.env.wasm.numThreads = crossOriginIsolated
      ? (options.threads ?? navigator?.hardwareConcurrency ?? 1)
      : 1;
    if (options.wasmPaths !== undefined)
      ort.env.wasm.wasmPaths = new URL(options.wasmPaths, location?.href).href;
    return ort;
  };
  return () => (loaded ??= configure());
}

/** What is used of a page's or a worker's globals. */
interface BrowserGlobals {
  readonly crossOriginIsolated?: boolean;
  readonly location?: { readonly href: string };
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

/** ONNX Runtime on the CPU of a browser, as WebAssembly: with threads on cross-origin isolated pages, with one elsewhere. */
export const ortWasm: OnnxRuntime = ortRuntime({
  name: 'ONNX Runtime web, WebAssembly',
  device: 'cpu',
  load: lazily(() => import('onnxruntime-web/wasm')),
  sessionOptions: () => ({ executionProviders: ['wasm'], graphOptimizationLevel: 'extended' }),
  writesInPlace: false,
});

/** ONNX Runtime on a GPU through a browser's WebGPU. */
export const ortWebgpuWeb: DeviceRuntime = ortDeviceRuntime({
  name: 'ONNX Runtime web, WebGPU',
  device: 'webgpu',
  load: lazily(() => import('onnxruntime-web/webgpu')),
  sessionOptions: webgpuSession,
  writesInPlace: false,
});
