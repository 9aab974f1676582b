// Runs the conformance suite in a browser's page.

import { hasWebgpuAdapter } from '../testing/browserGpu.js';
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

export default async function main(
  options: ConformanceOptions & { device: 'wasm' | 'webgpu' },
): Promise<BrowserConformance> {
  configureWeb({ wasmPaths: '/ort/' });
  const isolated = Reflect.get(globalThis, 'crossOriginIsolated') === true;
  if (options.device === 'wasm')
    return { isolated, result: await runConformance(ortWasm, conformanceCases(), options) };
  if (!(await hasWebgpuAdapter())) return { isolated, result: undefined };
  return { isolated, result: await runConformance(ortWebgpuWeb, conformanceCases(), options) };
}
