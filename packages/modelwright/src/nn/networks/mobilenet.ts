import { requireWithin } from '../checks.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { residual } from '../layers/branches.js';
import { conv2d, depthwiseConv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { globalAveragePool } from '../layers/globalPooling.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface MobilenetOptions extends NetworkOptions {
  /** What the numbers of channels are multiplied with. Default: 1. */
  readonly widthFactor?: number;
  /** How much of the features is dropped before the last layer. Default: 0.2. */
  readonly dropoutRate?: number;
  /**
   * How the network begins: 'imagenet' halves height and width five times, for images of some 224 pixels; 'small' three times, for
   * images of 32 to 64. Default: 'imagenet'.
   */
  readonly stem?: 'imagenet' | 'small';
}

/** Expansion, channels, blocks and strides of each stage. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The nearest multiple of eight, at most a tenth below. */
function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

const start = { bias: false, initializer: 'heNormal' } as const;

const unit = (filters: number, size: number, strides: number): Layer[] => [
  conv2d(filters, size, { strides, padding: (size - 1) / 2, ...start }),
  batchNorm(),
  activation('relu6'),
];

/** Widened, filtered channel by channel, and narrowed again without an activation. */
function invertedResidual(inputs: number, outputs: number, expansion: number, strides: number): Layer {
  const layers = [
    ...(expansion === 1 ? [] : unit(inputs * expansion, 1, 1)),
    depthwiseConv2d(3, { strides, padding: 1, ...start }),
    batchNorm(),
    activation('relu6'),
    conv2d(outputs, 1, start),
    batchNorm(),
  ];
  return strides === 1 && inputs === outputs ? residual(...layers) : sequential(...layers);
}

/**
 * MobileNetV2 (Sandler et al., 2018): 3,504,872 parameters with three input channels, 1,000 classes and a width factor of 1, as in
 * torchvision.
 *
 * Input [batch, channels, height, width], output logits [batch, classes].
 * @throws RangeError unless the width factor is above 0 and the dropout rate within [0, 1)
 */
export function mobilenetV2({
  classes,
  widthFactor = 1,
  dropoutRate = 0.2,
  stem = 'imagenet',
}: MobilenetOptions): Layer {
  requireWithin('mobilenetV2', 'widthFactor', widthFactor, Number.MIN_VALUE, 100);
  const stride = stem === 'small' ? 1 : 2;
  const layers = unit(roundChannels(32 * widthFactor), 3, stride);
  let inputs = roundChannels(32 * widthFactor);
  for (const [position, [expansion, channels, blocks, strides]] of stages.entries()) {
    const outputs = roundChannels(channels * widthFactor);
    for (let block = 0; block < blocks; block++) {
      const moves = block > 0 ? 1 : position === 1 ? stride : strides;
      layers.push(invertedResidual(inputs, outputs, expansion, moves));
      inputs = outputs;
    }
  }
  layers.push(...unit(roundChannels(1280 * Math.max(1, widthFactor)), 1, 1), globalAveragePool());
  return sequential(...layers, dropout(dropoutRate), dense(classes));
}
