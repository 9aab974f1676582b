// TensorFlow.js in pure JavaScript (its 'cpu' backend), from a folder outside this project: argument 1, where
// `npm install @tensorflow/tfjs` was run.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Skip, serve } from './protocol.mjs';

const BATCHES = 16;
const require = createRequire(join(process.argv[2], 'package.json'));
const log = console.log;
console.log = console.info = console.warn = console.error;
const tf = require('@tensorflow/tfjs');
console.log = log;

const digitCnn = () =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });

const mlp = () =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }),
      tf.layers.dense({ units: 512, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });

function training(make, shape) {
  return async () => {
    const model = make();
    const optimizer = tf.train.adam(1e-3);
    const batches = Array.from({ length: BATCHES }, () => [
      tf.randomNormal(shape),
      tf.tidy(() => tf.oneHot(tf.randomUniform([shape[0]], 0, 10, 'int32'), 10)),
    ]);
    let next = 0;
    const step = () =>
      tf.tidy(() => {
        const [x, y] = batches[next++ % BATCHES];
        const loss = optimizer.minimize(
          () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })),
          true,
        );
        return loss.dataSync()[0];
      });
    return { step };
  };
}

function prediction(make, shape) {
  return async () => {
    const model = make();
    const x = tf.randomNormal(shape);
    return { step: () => tf.tidy(() => model.apply(x).sum().dataSync()[0]) };
  };
}

function tooSlow() {
  throw new Skip('takes minutes a step in pure JavaScript');
}

await tf.setBackend('cpu');
await serve({
  name: 'TensorFlow.js',
  version: `${tf.version.tfjs} (pure JavaScript)`,
  threads: 1,
  rows: {
    'digit-cnn-64': training(digitCnn, [64, 28, 28, 1]),
    'digit-cnn-32': tooSlow,
    'mlp-64': training(mlp, [64, 784]),
    'conv-layer': tooSlow,
    'resnet18-16': tooSlow,
    'predict-digit-cnn-1': prediction(digitCnn, [1, 28, 28, 1]),
    'predict-digit-cnn-64': prediction(digitCnn, [64, 28, 28, 1]),
    'predict-resnet18-1': tooSlow,
  },
});
