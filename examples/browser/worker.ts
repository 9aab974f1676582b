// Trains the network, away from the page's own thread so that the page stays responsive.
import {
  accuracy,
  adam,
  configureWeb,
  conv2d,
  crossEntropy,
  dense,
  evaluate,
  fit,
  flatten,
  maxPool2d,
  NdArray,
  sequential,
  type TrainedModel,
} from 'modelwright/browser';
import { digits } from 'modelwright/data';
import type { Report, Request } from './messages.js';

// Where serve.mjs puts the files of onnxruntime-web.
configureWeb({ wasmPaths: '/ort/' });

const network = sequential(
  conv2d(32, 3, { activation: 'relu' }),
  maxPool2d(2),
  conv2d(64, 3, { activation: 'relu' }),
  maxPool2d(2),
  conv2d(64, 3, { activation: 'relu' }),
  flatten(),
  dense(64, { activation: 'relu' }),
  dense(10),
);

const report = (message: Report): void => postMessage(message);
let trained: TrainedModel | undefined;
let stopping = new AbortController();

async function train(device: 'cpu' | 'webgpu'): Promise<void> {
  const [epochs, batchSize] = [3, 32];
  const { train, test } = digits({ train: 2560, test: 500 });
  const steps = epochs * Math.ceil(train.length / batchSize);
  const start = performance.now();
  stopping = new AbortController();
  trained = await fit(network, train, {
    loss: crossEntropy,
    optimizer: adam(1e-3),
    epochs,
    batchSize,
    metrics: [accuracy],
    device,
    signal: stopping.signal,
    callbacks: [
      {
        async onStepEnd({ step, loss, metrics }) {
          report({ kind: 'step', step, steps, loss, accuracy: metrics().accuracy! });
          // Lets a message of the page in between two steps.
          await new Promise((resolve) => setTimeout(resolve));
        },
      },
    ],
  });
  const measured = await evaluate(trained, test);
  report({
    kind: 'trained',
    loss: measured.loss!,
    accuracy: measured.accuracy!,
    seconds: (performance.now() - start) / 1000,
  });
}

async function classify(pixels: Uint8Array<ArrayBuffer>): Promise<void> {
  if (!trained) return;
  const logits = (await trained.predict(new NdArray('uint8', [1, 1, 28, 28], pixels))).toNumbers();
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const total = powers.reduce((a, b) => a + b);
  report({ kind: 'classified', probabilities: powers.map((power) => power / total) });
}

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  try {
    if (data.kind === 'train') await train(data.device);
    else if (data.kind === 'classify') await classify(data.pixels);
    else stopping.abort();
  } catch (error) {
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
