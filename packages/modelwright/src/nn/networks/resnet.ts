import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { residual } from '../layers/branches.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { globalAveragePool } from '../layers/globalPooling.js';
import { maxPool2d } from '../layers/pooling.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface ResnetOptions extends NetworkOptions {
  /**
   * How the network begins: 'imagenet' with a 7x7 convolution and a pool that together quarter height and width, for images of
   * some 224 pixels; 'small' with one 3x3 convolution, for images of 32 to 64. Default: 'imagenet'.
   */
  readonly stem?: 'imagenet' | 'small';
}

const convolution = (filters: number, size: number, strides: number): Layer =>
  conv2d(filters, size, { strides, padding: (size - 1) / 2, bias: false, initializer: 'heNormal' });

function basicBlock(filters: number, strides: number, widens: boolean): Layer {
  const layers = [
    convolution(filters, 3, strides),
    batchNorm(),
    activation('relu'),
    convolution(filters, 3, 1),
    batchNorm(),
  ];
  const shortcut = widens ? { shortcut: sequential(convolution(filters, 1, strides), batchNorm()) } : {};
  return residual(...layers, { ...shortcut, activation: 'relu' });
}

/** A block of 1x1, 3x3 and 1x1 convolutions; the one in the middle is narrow, and moves by the strides. */
function bottleneckBlock(width: number, strides: number, widens: boolean): Layer {
  const layers = [
    convolution(width, 1, 1),
    batchNorm(),
    activation('relu'),
    convolution(width, 3, strides),
    batchNorm(),
    activation('relu'),
    convolution(4 * width, 1, 1),
    batchNorm(),
  ];
  const shortcut = widens ? { shortcut: sequential(convolution(4 * width, 1, strides), batchNorm()) } : {};
  return residual(...layers, { ...shortcut, activation: 'relu' });
}

const stems = {
  imagenet: () => [
    convolution(64, 7, 2),
    batchNorm(),
    activation('relu'),
    maxPool2d(3, { strides: 2, padding: 1 }),
  ],
  small: () => [convolution(64, 3, 1), batchNorm(), activation('relu')],
} as const;

/** Stages of 64, 128, 256 and 512 channels, each after the first halving height and width. */
function resnet(
  depths: readonly number[],
  { classes, stem = 'imagenet' }: ResnetOptions,
  block: typeof basicBlock = basicBlock,
): Layer {
  const blocks = depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, position) => {
      const first = position === 0;
      // Only a bottleneck widens in the first stage, to four times the channels of the stem.
      const widens = first && (stage > 0 || block === bottleneckBlock);
      return block(64 * 2 ** stage, first && stage > 0 ? 2 : 1, widens);
    }),
  );
  return sequential(...stems[stem](), ...blocks, globalAveragePool(), dense(classes));
}

/**
 * ResNet-18 (He et al., 2016): 11,689,512 parameters with three input channels and 1,000 classes, as in torchvision.
 *
 * Input [batch, channels, height, width], output logits [batch, classes].
 */
export function resnet18(options: ResnetOptions): Layer {
  return resnet([2, 2, 2, 2], options);
}

/**
 * ResNet-34 (He et al., 2016): 21,797,672 parameters with three input channels and 1,000 classes, as in torchvision.
 *
 * Input [batch, channels, height, width], output logits [batch, classes].
 */
export function resnet34(options: ResnetOptions): Layer {
  return resnet([3, 4, 6, 3], options);
}

/**
 * ResNet-50 (He et al., 2016), with the strides on the 3x3 convolutions: 25,557,032 parameters with three input channels and 1,000
 * classes, as in torchvision.
 *
 * Input [batch, channels, height, width], output logits [batch, classes].
 */
export function resnet50(options: ResnetOptions): Layer {
  return resnet([3, 4, 6, 3], options, bottleneckBlock);
}
