import type { Layer } from '../layer.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { maxPool2d } from '../layers/pooling.js';
import { flatten } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';

export interface NetworkOptions {
  /** Number of outputs. */
  readonly classes: number;
}

/**
 * A small convolutional network for handwritten digits, as in the README: 93,322 parameters with ten classes.
 *
 * Input [batch, 1, 28, 28] (other channels and sizes from 18 up fit too), output logits [batch, classes].
 */
export function digitsCnn({ classes }: NetworkOptions): Layer {
  return sequential(
    conv2d(32, 3, { activation: 'relu' }),
    maxPool2d(2),
    conv2d(64, 3, { activation: 'relu' }),
    maxPool2d(2),
    conv2d(64, 3, { activation: 'relu' }),
    flatten(),
    dense(64, { activation: 'relu' }),
    dense(classes),
  );
}
