// For tests: steps of two kinds that take turns, whose outcome is known.
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import type { Tensor } from '../graph/tensor.js';
import { type FitOptions, fit, initializers, Layer, type Loss, mul, neg, reshape, sgd } from '../index.js';

/** f = x y for each example, x and y being the only numbers of two parts of the parameters. */
const product = new Layer<unknown>('product', {}, (context, _config, input) => {
  const part = (name: string): Tensor =>
    context.child(name).parameter('value', [1], initializers.constant({ value: 1 }));
  return mul(input!, reshape(mul(part('x'), part('y')), [1, 1]));
});

/** What is predicted is made small, or large. */
const small: Loss = (prediction) => reshape(prediction, [-1]);
const large: Loss = (prediction) => neg(reshape(prediction, [-1]));

/** Examples of the number 1. */
const data = Dataset.fromArrays({
  input: new NdArray('float32', [16, 1], new Float32Array(16).fill(1)),
  target: new NdArray('float32', [16]),
});

export const rate = 0.25;

export const play = (every: number, more: Partial<FitOptions> = {}) =>
  fit(product, data, {
    loss: small,
    trains: 'x',
    alternates: [{ name: 'rival', model: product, loss: large, trains: 'y', every, learningRateFactor: 0.5 }],
    optimizer: sgd(rate),
    batchSize: 4,
    epochs: 3,
    progress: false,
    ...more,
  });

/** x goes down along y, and then, after every so many steps, y goes up along the new x at half the rate. */
export function expected(steps: number, every: number): [number, number] {
  let [x, y] = [1, 1];
  for (let step = 1; step <= steps; step++) {
    x -= rate * y;
    if (step % every === 0) y += (rate / 2) * x;
  }
  return [x, y];
}
