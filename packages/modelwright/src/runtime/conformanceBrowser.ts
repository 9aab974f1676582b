// Runs the conformance suite in a browser's page.
import { conformanceCases, type ConformanceOptions, type ConformanceResult, runConformance } from './conformance.js';
import { configureWeb, ortWasm, ortWebgpuWeb } from './ortWeb.js';

export interface BrowserConformance {
  /** Whether the page may use threads. */
  readonly isolated: boolean;
  /** Undefined where the browser has no WebGPU adapter. */
  readonly result: ConformanceResult | undefined;
}

interface WithGpu {
  readonly navigator: { readonly gpu?: { requestAdapter(): Promise<object | null> } };
  readonly crossOriginIsolated: boolean;
}

export default async function main({ device, ...options }: ConformanceOptions & { device: 'wasm' | 'webgpu' }): Promise<BrowserConformance> {
  configureWeb({ wasmPaths: '/ort/' });
  const { navigator, crossOriginIsolated: isolated } = globalThis as unknown as WithGpu;
  if (device === 'webgpu' && !(await navigator.gpu?.requestAdapter())) return { isolated, result: undefined };
  return { isolated, result: await runConformance(device === 'webgpu' ? ortWebgpuWeb : ortWasm, conformanceCases(), options) };
}
