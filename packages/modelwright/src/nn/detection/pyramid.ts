// A small residual network and a feature pyramid on top of it: what detectors look at.
import type { Tensor } from '../../graph/tensor.js';
import { add, relu, slice, upsample } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { residual } from '../layers/branches.js';
import { conv2d } from '../layers/convolution.js';
import { sequential } from '../layers/sequential.js';

export interface PyramidOptions {
  /** Channels at strides 2, 4, 8, 16 and 32. Default: [16, 32, 64, 128, 192]. */
  readonly widths?: readonly number[];
  /** Residual blocks at strides 4, 8, 16 and 32. Default: [1, 2, 2, 1]. */
  readonly blocks?: readonly number[];
  /** Channels of each level of the pyramid. Default: 64. */
  readonly features?: number;
}

/** Features at one stride. */
export interface PyramidLevel {
  /** Pixels of the image from one position to the next. */
  readonly stride: number;
  /** [batch, channels, height / stride, width / stride], rounded up. */
  readonly features: Tensor;
}

const defaults = { widths: [16, 32, 64, 128, 192], blocks: [1, 2, 2, 1], features: 64 } as const;

const convolution = (filters: number, size: number, strides = 1): Layer =>
  conv2d(filters, size, { strides, padding: (size - 1) / 2, bias: false, initializer: 'heNormal' });

function block(filters: number, strides: number): Layer {
  return residual(
    convolution(filters, 3, strides),
    batchNorm(),
    activation('relu'),
    convolution(filters, 3),
    batchNorm(),
    {
      ...(strides > 1 && { shortcut: sequential(convolution(filters, 1, strides), batchNorm()) }),
      activation: 'relu',
    },
  );
}

/** Residual blocks of one width, the first of which halves height and width. */
const stage = (filters: number, blocks: number): Layer =>
  sequential(block(filters, 2), ...Array.from({ length: blocks - 1 }, () => block(filters, 1)));

/** @throws RangeError for sizes that are not whole numbers of at least 1, or a list of another length */
export function checkPyramid(who: string, { widths, blocks, features }: PyramidOptions): void {
  for (const [name, list, length] of [
    ['widths', widths, 5],
    ['blocks', blocks, 4],
  ] as const) {
    if (list && list.length !== length) {
      throw new RangeError(`${who}: ${name} must be ${length} numbers, but there are ${list.length}.`);
    }
    for (const value of list ?? []) requireWhole(who, name, value);
  }
  if (features !== undefined) requireWhole(who, 'features', features);
}

/**
 * Features of images at strides 8, 16 and 32 (Lin et al., 2017): a residual network, and from its last stage downwards each level
 * enlarged and added to the one before it.
 * @param images [batch, channels, height, width]
 */
export function pyramid(context: Context, images: Tensor, options: PyramidOptions): PyramidLevel[] {
  const { widths, blocks, features } = { ...defaults, ...options };
  const [stem, ...stages] = widths;
  const call = (name: string, layer: Layer, x: Tensor): Tensor => layer.call(context.child(name), x);
  let x = relu(call('stemNorm', batchNorm(), call('stem', convolution(stem!, 3, 2), images)));
  const found: Tensor[] = [];
  for (const [i, width] of stages.entries()) {
    x = call(`stage${i + 1}`, stage(width, blocks[i]!), x);
    found.push(x);
  }
  const [, ...scales] = found;
  const levels: PyramidLevel[] = [];
  let above: Tensor | undefined;
  for (const i of [2, 1, 0]) {
    const name = `level${i}`;
    const side = call(`${name}Side`, conv2d(features, 1, { initializer: 'heNormal' }), scales[i]!);
    above = above ? add(side, enlarged(above, side)) : side;
    const smooth = call(`${name}Out`, convolution(features, 3), above);
    levels.unshift({ stride: 8 * 2 ** i, features: relu(call(`${name}Norm`, batchNorm(), smooth)) });
  }
  return levels;
}

/** Twice as high and wide, cut off at the size of `like`. */
function enlarged(x: Tensor, like: Tensor): Tensor {
  const doubled = upsample(x, [1, 1, 2, 2]);
  return slice(slice(doubled, 2, 0, like.shape[2] as number), 3, 0, like.shape[3] as number);
}
