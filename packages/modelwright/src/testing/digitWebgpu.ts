// Trains the digit network on WebGPU, in the process that runOnWebgpu() starts.
import { ortWebgpu } from '../runtime/ortNode.js';
import { digitLosses } from './digitTraining.js';

export default function main({ steps, batch }: { steps: number; batch: number }): Promise<number[]> {
  return digitLosses(ortWebgpu, steps, batch);
}
