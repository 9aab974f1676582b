import { NdArray, sizeOf } from '../graph/array.js';
import type { Random } from '../graph/random.js';
import type { MapContext } from './dataset.js';

/** A batch: `input` `[batch, ...]`; `target` int32 `[batch]` (classes) or float32 `[batch, classes]` (probabilities). */
export interface ClassBatch {
  readonly [name: string]: NdArray;
  readonly input: NdArray;
  readonly target: NdArray;
}

export interface MixupOptions {
  /** Number of classes, for the soft targets. */
  readonly classes: number;
  /** The share is drawn from Beta(alpha, alpha); small values leave most batches nearly as they are. */
  readonly alpha?: number;
}

/**
 * Mixes each example of a batch with another: `input = share * a + (1 - share) * b`, and likewise the targets, which
 * become float32 `[batch, classes]`. The inputs keep their dtype. For `Dataset.map` after `batch`; alpha is 0.2 by default.
 *
 * Zhang et al., 2018: mixup, beyond empirical risk minimization. https://arxiv.org/abs/1710.09412
 */
export function mixup(options: MixupOptions): (batch: ClassBatch, context: MapContext) => ClassBatch {
  const { classes, alpha = 0.2 } = options;
  return (batch, { random }) => {
    const partners = random.permutation(batch.input.shape[0]!);
    const share = random.beta(alpha, alpha);
    const target = mixRows(oneHot(batch.target, classes), partners, share);
    return { ...batch, input: mixRows(batch.input, partners, share), target };
  };
}

/**
 * Puts a box of another example into each image of a batch `[batch, channels, height, width]`; the targets are mixed by
 * area, float32 `[batch, classes]`. For `Dataset.map` after `batch`; alpha is 1 by default.
 *
 * Yun et al., 2019: CutMix. https://arxiv.org/abs/1905.04899
 */
export function cutmix(options: MixupOptions): (batch: ClassBatch, context: MapContext) => ClassBatch {
  const { classes, alpha = 1 } = options;
  return (batch, { random }) => {
    const [count = 0, channels = 0, height, width] = batch.input.shape;
    if (height === undefined || width === undefined) {
      throw new RangeError(
        `cutmix: the input must be [batch, channels, height, width], but it is [${batch.input.shape.join(', ')}].`,
      );
    }
    const partners = random.permutation(count);
    const side = Math.sqrt(1 - random.beta(alpha, alpha));
    const [top, bottom] = span(random, height, side);
    const [left, right] = span(random, width, side);
    const input = batch.input.clone();
    for (let i = 0; i < count; i++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let y = top; y < bottom; y++) {
          const to = ((i * channels + channel) * height + y) * width;
          const from = ((partners[i]! * channels + channel) * height + y) * width;
          for (let x = left; x < right; x++) input.data[to + x] = batch.input.data[from + x]!;
        }
      }
    }
    const share = 1 - ((bottom - top) * (right - left)) / (height * width);
    return { ...batch, input, target: mixRows(oneHot(batch.target, classes), partners, share) };
  };
}

/** A piece of [0, length) of the given share of it about a random centre, cut off at the ends. */
function span(random: Random, length: number, share: number): [from: number, to: number] {
  const size = Math.round(length * share);
  const from = random.integer(0, length) - Math.floor(size / 2);
  return [Math.max(from, 0), Math.min(from + size, length)];
}

/** `share * row + (1 - share) * partner row`, rounded where the dtype holds whole numbers. */
function mixRows(array: NdArray, partners: Int32Array, share: number): NdArray {
  const { dtype, shape, data } = array;
  if (dtype !== 'uint8' && dtype !== 'float32' && dtype !== 'float64') {
    throw new TypeError(
      `mixup: arrays must be uint8, float32 or float64 to be mixed, but this one is ${dtype}.`,
    );
  }
  const size = sizeOf(shape.slice(1));
  const mixed = new NdArray(dtype, shape);
  const finish = dtype === 'uint8' ? Math.round : (value: number): number => value;
  for (let i = 0; i < partners.length; i++) {
    const own = i * size;
    const other = partners[i]! * size;
    for (let j = 0; j < size; j++) {
      mixed.data[own + j] = finish(share * Number(data[own + j]) + (1 - share) * Number(data[other + j]));
    }
  }
  return mixed;
}

/** Classes int32 `[batch]` as float32 `[batch, classes]`; what is float32 `[batch, classes]` already stays. */
function oneHot(target: NdArray, classes: number): NdArray {
  const [count = 0, width] = target.shape;
  if (target.dtype === 'float32' && width === classes && target.shape.length === 2) return target;
  if (target.dtype !== 'int32' || target.shape.length !== 1) {
    throw new TypeError(
      `mixup: the target must be int32 [batch] or float32 [batch, ${classes}], but it is ` +
        `${target.dtype} [${target.shape.join(', ')}]. Call batch() before mixup.`,
    );
  }
  const soft = new NdArray('float32', [count, classes]);
  target.toNumbers().forEach((label, i) => {
    if (label < 0 || label >= classes) {
      throw new RangeError(`mixup: a target is class ${label}, but there are ${classes} classes.`);
    }
    soft.data[i * classes + label] = 1;
  });
  return soft;
}
