// A short training in a browser's page, on WebGPU and on the CPU, for browser.test.ts.
import {
  adam,
  configureWeb,
  crossEntropy,
  dense,
  fit,
  flatten,
  sequential,
  type TrainedModel,
} from '../browser.js';
import { digits } from '../data/browser.js';
import { hasWebgpuAdapter } from '../testing/browserGpu.js';
import { differenceOf } from './browserPage.js';

function trainedOn(device: 'cpu' | 'webgpu'): Promise<TrainedModel> {
  const model = sequential(flatten(), dense(8, { activation: 'relu' }), dense(10));
  const { train } = digits({ train: 60, test: 10, size: 12 });
  const options = { loss: crossEntropy, epochs: 2, batchSize: 10, accumulate: 2, clipNorm: 1 };
  return fit(model, train, { ...options, optimizer: adam(1e-2), validation: 0.2, device });
}

/** @returns the largest difference between their parameters; nothing where the browser has no WebGPU */
export default async function main(): Promise<number | undefined> {
  configureWeb({ wasmPaths: '/ort/' });
  if (!(await hasWebgpuAdapter())) return undefined;
  return differenceOf(await trainedOn('cpu'), await trainedOn('webgpu'));
}
