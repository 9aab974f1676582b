// Runs a share of the conformance suite on WebGPU from Node, in the process that runOnWebgpu() starts.
import {
  type ConformanceOptions,
  type ConformanceResult,
  conformanceCases,
  runConformance,
} from './conformance.js';
import { ortWebgpu } from './ortNode.js';

/** One share of the cases: software adapters are slow, and two processes keep two cores at work. */
export default function main({
  share,
  of,
  ...options
}: ConformanceOptions & { share: number; of: number }): Promise<ConformanceResult> {
  const cases = conformanceCases().filter((_, position) => Math.floor(position / 2) % of === share);
  return runConformance(ortWebgpu, cases, options);
}
