// A training in a browser's page, whole and in two visits, for the test beside it.
import {
  accuracy,
  adam,
  configureWeb,
  crossEntropy,
  dense,
  dropout,
  evaluate,
  fit,
  flatten,
  sequential,
  type TrainedModel,
} from '../browser.js';
import { digits } from '../data/browser.js';

export interface BrowserTraining {
  readonly accuracy: number;
  /** The largest difference between the parameters of the whole training and of the one that was broken off and taken up again. */
  readonly difference: number;
  /** Steps taken after it was taken up again. */
  readonly stepsAfterBreak: number;
}

const weights = ({ variables }: TrainedModel): number[] => {
  const { parameters } = variables as unknown as {
    parameters: Record<string, Record<string, { toNumbers(): number[] }>>;
  };
  return Object.values(parameters).flatMap((layer) =>
    Object.values(layer).flatMap((array) => array.toNumbers()),
  );
};

interface WithGpu {
  readonly navigator: { readonly gpu?: { requestAdapter(): Promise<object | null> } };
}

/** Weights of a short training on a device; nothing where the browser has no adapter for it. */
async function trainedOn(device: 'cpu' | 'webgpu'): Promise<number[]> {
  const model = sequential(flatten(), dense(8, { activation: 'relu' }), dense(10));
  const { train } = digits({ train: 60, test: 10, size: 12 });
  const options = { loss: crossEntropy, epochs: 2, batchSize: 10, accumulate: 2, clipNorm: 1 };
  return weights(await fit(model, train, { ...options, optimizer: adam(1e-2), validation: 0.2, device }));
}

/** @returns the largest difference between trainings on WebGPU and on the CPU; nothing where there is no WebGPU */
async function compareDevices(): Promise<number | undefined> {
  const { navigator } = globalThis as unknown as WithGpu;
  if (!(await navigator.gpu?.requestAdapter())) return undefined;
  const [first, second] = [await trainedOn('cpu'), await trainedOn('webgpu')];
  return first.reduce((largest, weight, i) => Math.max(largest, Math.abs(weight - second[i]!)), 0);
}

export default async function main({
  devices,
}: {
  devices?: boolean;
}): Promise<BrowserTraining | number | undefined> {
  configureWeb({ wasmPaths: '/ort/' });
  return devices ? compareDevices() : trainTwice();
}

async function trainTwice(): Promise<BrowserTraining> {
  const model = sequential(flatten(), dense(32, { activation: 'relu' }), dropout(0.1), dense(10));
  const { train, test } = digits({ train: 1000, test: 200, size: 12 });
  const options = {
    loss: crossEntropy,
    optimizer: adam(1e-2),
    epochs: 4,
    batchSize: 50,
    metrics: [accuracy],
  };
  const whole = await fit(model, train, options);
  const checkpoint = { directory: 'runs/digits', everySteps: 7 };
  const stop = new AbortController();
  const breakOff = {
    onStepEnd: ({ step }: { step: number }) => {
      if (step === 31) stop.abort();
    },
  };
  await fit(model, train, { ...options, checkpoint, callbacks: [breakOff], signal: stop.signal });
  let stepsAfterBreak = 0;
  const count = { onStepEnd: () => void stepsAfterBreak++ };
  const resumed = await fit(model, train, {
    ...options,
    checkpoint: { ...checkpoint, resume: true },
    callbacks: [count],
  });
  const [first, second] = [weights(whole), weights(resumed)];
  return {
    stepsAfterBreak,
    accuracy: (await evaluate(whole, test)).accuracy!,
    difference: first.reduce((largest, weight, i) => Math.max(largest, Math.abs(weight - second[i]!)), 0),
  };
}
