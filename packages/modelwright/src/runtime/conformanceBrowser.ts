// Runs the conformance suite in a browser's page.
import {
  type ConformanceOptions,
  type ConformanceResult,
  conformanceCases,
  runConformance,
} from './conformance.js';
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

export default async function main(
  options: ConformanceOptions & { device: 'wasm' | 'webgpu' },
): Promise<BrowserConformance> {
  configureWeb({ wasmPaths: '/ort/' });
  const { navigator, crossOriginIsolated: isolated } = globalThis as unknown as WithGpu;
  if (options.device === 'wasm')
    return { isolated, result: await runConformance(ortWasm, conformanceCases(), options) };
  if (!(await navigator.gpu?.requestAdapter())) return { isolated, result: undefined };
  return { isolated, result: await runConformance(ortWebgpuWeb, conformanceCases(), options) };
}
