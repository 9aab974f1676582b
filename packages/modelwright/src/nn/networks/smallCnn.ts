import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { globalAveragePool } from '../layers/globalPooling.js';
import { maxPool2d } from '../layers/pooling.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface SmallCnnOptions extends NetworkOptions {
  /** Channels of each block; each block halves height and width. Default: [32, 64, 128, 128]. */
  readonly widths?: readonly number[];
  /** How much of the features is dropped before the last layer. Default: 0.2. */
  readonly dropoutRate?: number;
}

/**
 * A convolutional network for small colour images: blocks of conv 3x3, batch normalisation, relu and max pool, then the mean
 * over space and one dense layer.
 *
 * Input [batch, channels, height, width], of at least 2 to the power of the number of blocks (16), made for 64 x 64; output
 * logits [batch, classes].
 */
export function smallCnn({
  classes,
  widths = [32, 64, 128, 128],
  dropoutRate = 0.2,
}: SmallCnnOptions): Layer {
  for (const width of widths) requireWhole('smallCnn', 'widths', width);
  const blocks = widths.flatMap((width) => [
    conv2d(width, 3, { padding: 1, bias: false, initializer: 'heNormal' }),
    batchNorm(),
    activation('relu'),
    maxPool2d(2),
  ]);
  return sequential(...blocks, globalAveragePool(), dropout(dropoutRate), dense(classes));
}
