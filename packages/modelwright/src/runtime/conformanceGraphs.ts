// Whole graphs of the conformance suite: what training is made of, small enough for the reference.
import { NdArray } from '../graph/array.js';
import type { Tensor } from '../graph/tensor.js';
import { spread } from '../primitives/define.js';
import {
  add,
  cast,
  convolution,
  div,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  neg,
  oneHot,
  randomBernoulli,
  randomKey,
  randomNormal,
  relu,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  where,
} from '../primitives/index.js';
import { gradients } from '../transforms/grad.js';

export interface WholeGraph {
  readonly name: string;
  readonly inputs: readonly NdArray[];
  readonly fn: (...inputs: Tensor[]) => Tensor[];
}

const labels = (count: number, classes: number): NdArray =>
  NdArray.of(
    'int32',
    [count],
    Array.from({ length: count }, (_, i) => (i * 7 + 1) % classes),
  );

/** The mean over the batch of -log softmax(logits)[label]. */
function crossEntropy(logits: Tensor, target: Tensor): Tensor {
  const chosen = sum(mul(logSoftmax(logits), oneHot(target, logits.shape.at(-1) as number)), -1);
  return neg(mean(chosen));
}

/** Adam with moments that are not zero, so that no step hangs on the sign of a tiny gradient. */
function adam(parameters: readonly Tensor[], moments: readonly Tensor[], loss: Tensor): Tensor[] {
  const found = gradients(loss, parameters);
  const count = parameters.length;
  const first = found.map((g, i) => add(mul(moments[i]!, 0.9), mul(g, 0.1)));
  const second = found.map((g, i) => add(mul(square(moments[count + i]!), 0.999), mul(square(g), 0.001)));
  const updated = parameters.map((p, i) => sub(p, mul(div(first[i]!, add(sqrt(second[i]!), 1e-4)), 0.01)));
  return [...updated, ...first, ...second];
}

/** A training step of a small convolutional network under Adam. */
function convolutionalStep(): WholeGraph {
  const shapes = [[4, 1, 3, 3], [4], [6, 4, 3, 3], [6], [24, 5], [5]];
  const parameters = shapes.map((shape, i) => spread(shape, -0.5, 0.5, 0.1 * i));
  const window = { strides: [1, 1], before: [1, 1], after: [1, 1], dilations: [1, 1], groups: 1 };
  const pool = { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0] };
  return {
    name: 'convolutional network, Adam step',
    inputs: [
      spread([3, 1, 8, 8]),
      labels(3, 5),
      ...parameters,
      ...parameters.map(({ shape }, i) => spread(shape, -0.1, 0.1, 0.2 * i)),
      ...parameters.map(({ shape }, i) => spread(shape, 0.1, 0.2, 0.3 * i)),
    ],
    fn(x, target, ...rest) {
      const weights = rest.slice(0, 6);
      const [filter1, bias1, filter2, bias2, weight, bias] = weights as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const first = maxPool(relu(convolution(x!, filter1, window, bias1)), pool);
      const second = maxPool(relu(convolution(first, filter2, window, bias2)), pool);
      const loss = crossEntropy(add(matmul(reshape(second, [3, 24]), weight), bias), target!);
      return [loss, ...adam(weights, rest.slice(6), loss)];
    },
  };
}

/** Convolutions with so many channels that runtimes choose other ways to compute them, and their gradients. */
function wideConvolutions(): WholeGraph {
  const window = { strides: [1, 1], before: [1, 1], after: [1, 1], dilations: [1, 1], groups: 1 };
  return {
    name: 'convolutions of many channels with their gradients',
    inputs: [
      spread([2, 32, 6, 5]),
      spread([33, 32, 3, 3], -0.1, 0.1),
      spread([33]),
      spread([34, 33, 3, 3], -0.1, 0.1, 0.3),
    ],
    fn(x, filter1, bias, filter2) {
      const y = convolution(x!, filter1!, window, bias);
      const pooled = maxPool(y, { kernel: [3, 2], strides: [3, 2], before: [0, 0], after: [0, 0] });
      const z = convolution(pooled, filter2!, window);
      const loss = mean(square(z));
      return [y, z, ...gradients(loss, [x!, filter1!, bias!, filter2!])];
    },
  };
}

/** A training step of a perceptron with one hidden layer under gradient descent. */
function perceptronStep(): WholeGraph {
  return {
    name: 'perceptron, gradient step',
    inputs: [
      spread([6, 5]),
      spread([6, 2]),
      spread([5, 8], -1, 1),
      spread([8]),
      spread([8, 2], -1, 1, 0.7),
      spread([2]),
    ],
    fn(x, target, ...parameters) {
      const [weight1, bias1, weight2, bias2] = parameters as [Tensor, Tensor, Tensor, Tensor];
      const output = add(matmul(add(matmul(x!, weight1), bias1).tanh(), weight2), bias2);
      const loss = mean(square(sub(output, target!)));
      const found = gradients(loss, parameters);
      return [loss, ...parameters.map((p, i) => sub(p, mul(found[i]!, 0.1)))];
    },
  };
}

/** Graphs that no primitive's samples show: many primitives at once, differentiated, with integers and random bits among them. */
export function wholeGraphs(): WholeGraph[] {
  return [
    perceptronStep(),
    convolutionalStep(),
    wideConvolutions(),
    {
      name: 'softmax cross-entropy with its gradient',
      inputs: [mulInPlace(spread([4, 7]), 20), labels(4, 7)],
      fn(logits, target) {
        const loss = crossEntropy(logits!, target!);
        return [loss, ...gradients(loss, [logits!])];
      },
    },
    {
      name: 'dropout with its gradient',
      inputs: [spread([16, 9]), randomKey(3, 1)],
      fn(x, key) {
        const kept = randomBernoulli(key!, 0.75, [16, 9], 5);
        const dropped = where(kept, div(x!, 0.75), 0);
        return [dropped, cast(kept, 'int32'), ...gradients(sum(square(dropped)), [x!])];
      },
    },
    {
      name: 'normal random numbers',
      inputs: [randomKey(11)],
      fn: (key) => [randomNormal(key!, [257], 2)],
    },
  ];
}

function mulInPlace(array: NdArray<'float32'>, factor: number): NdArray {
  for (let i = 0; i < array.size; i++) array.data[i]! *= factor;
  return array;
}
