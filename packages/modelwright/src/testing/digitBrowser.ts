// Trains the digit network in a browser's page.
import { configureWeb, ortWasm } from '../runtime/ortWeb.js';
import { digitLosses } from './digitTraining.js';

export default function main({ steps, batch }: { steps: number; batch: number }): Promise<number[]> {
  configureWeb({ wasmPaths: '/ort/' });
  return digitLosses(ortWasm, steps, batch);
}
