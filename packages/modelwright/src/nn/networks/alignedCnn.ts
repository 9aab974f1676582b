import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { maxPool2d } from '../layers/pooling.js';
import { flatten } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface AlignedCnnOptions extends NetworkOptions {
  /** Channels of each block; each block halves height and width. Default: [16, 32]. */
  readonly widths?: readonly number[];
  /** How much of the features is dropped before the last layer. Default: 0.5. */
  readonly dropoutRate?: number;
}

/**
 * A shallow convolutional network for small pictures in which everything has its place, such as faces cut out alike: blocks of conv 3x3,
 * batch normalisation, relu and max pool, then one dense layer that sees each position by itself.
 *
 * Input [batch, channels, height, width], of at least 2 to the power of the number of blocks (4), of one size; output logits [batch, classes].
 */
export function alignedCnn({ classes, widths = [16, 32], dropoutRate = 0.5 }: AlignedCnnOptions): Layer {
  return sequential(...alignedBlocks('alignedCnn', widths), flatten(), dropout(dropoutRate), dense(classes));
}

function alignedBlocks(who: string, widths: readonly number[]): Layer[] {
  for (const width of widths) requireWhole(who, 'widths', width);
  return widths.flatMap((width) => [
    conv2d(width, 3, { padding: 1, bias: false, initializer: 'heNormal' }),
    batchNorm(),
    activation('relu'),
    maxPool2d(2),
  ]);
}
