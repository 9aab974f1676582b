// Which steps of training leave the device, in the process that runOnWebgpu() starts. Sessions are made, and nothing is run.
import {
  accuracy,
  adagrad,
  adam,
  crossEntropy,
  dense,
  dropout,
  gpt,
  imagePreprocessing,
  type Layer,
  lion,
  lstm,
  NdArray,
  rmsprop,
  sequential,
  sgd,
  smallCnn,
} from '../index.js';
import { staysOnWebgpu } from '../runtime/testing.js';
import { flatEvaluation, flatGradient, flatUpdate } from './flat.js';
import { initialVariables } from './modelInput.js';
import { layoutsOf, traceEvaluation, traceGradient } from './step.js';

const labels = (...shape: number[]): NdArray => new NdArray('int32', shape);
const floats = (...shape: number[]): NdArray => new NdArray('float32', shape);

const models: Readonly<Record<string, readonly [model: Layer, input: NdArray, target: NdArray]>> = {
  'multi-layer perceptron with dropout': [
    sequential(dense(8, { activation: 'relu' }), dropout(0.5), dense(3)),
    floats(4, 5),
    labels(4),
  ],
  'convolutional network on pictures': [
    sequential(imagePreprocessing({ size: [32, 32] }), smallCnn({ classes: 3 })),
    new NdArray('uint8', [2, 3, 40, 24]),
    labels(2),
  ],
  LSTM: [sequential(lstm(6, { return: 'last' }), dense(3)), floats(2, 5, 4), labels(2)],
  GPT: [gpt({ length: 8, vocabulary: 11, width: 8, layers: 1, heads: 2 }), labels(2, 8), labels(2, 8)],
};
const optimizers = { adam: adam(), lion: lion(), rmsprop: rmsprop(), adagrad: adagrad(), sgd: sgd(0.1) };

/** @returns the names of those that leave it */
export default async function main(): Promise<string[]> {
  const found: string[] = [];
  const check = async (name: string, { graph }: { graph: Parameters<typeof staysOnWebgpu>[0] }) => {
    if (!(await staysOnWebgpu(graph))) found.push(name);
  };
  for (const [name, [model, input, target]] of Object.entries(models)) {
    const variables = initialVariables(model, { input, target }, 1);
    const options = { classAxis: target.shape.length };
    const spec = { model, variables, loss: crossEntropy.with(options), metrics: [accuracy.with(options)] };
    const layouts = layoutsOf(variables);
    await check(name, flatGradient(traceGradient(spec, { input, target }), layouts));
    await check(`${name}, evaluated`, flatEvaluation(traceEvaluation(spec, { input, target }), layouts));
  }
  const layouts = { parameters: { places: [], size: 64 }, state: { places: [], size: 16 } };
  const options = { clipNorm: 1, clipValue: 1, average: 0.9 };
  for (const [name, optimizer] of Object.entries(optimizers))
    await check(name, { graph: flatUpdate(optimizer, layouts, [16, 48], options) });
  return found;
}
