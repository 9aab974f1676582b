import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, cast, clip, constant, mul, resize, round } from '../../primitives/index.js';
import { knownSize, requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface ImagePreprocessingOptions {
  /** Height and width to resample to. Default: as they come. */
  readonly size?: readonly [number, number];
  /** Subtracted from each channel after scaling. Default: 0. */
  readonly mean?: number | readonly number[];
  /** What each channel is divided by after that. Default: 1. */
  readonly std?: number | readonly number[];
  /** What pixel values are multiplied by first. Default: 1 / 255. */
  readonly scale?: number;
}

const make = defineLayer<ImagePreprocessingOptions>({
  type: 'imagePreprocessing',
  call(_context, { size, mean = 0, std = 1, scale = 1 / 255 }, x) {
    if (x!.rank !== 4)
      throw new TypeError(
        `expected images [batch, channels, height, width], but got ${formatShape(x!.shape)}.`,
      );
    const channels = knownSize(x!, 1, 'the number of channels');
    const perChannel = (what: string, value: number | readonly number[]): readonly number[] => {
      const values = typeof value === 'number' ? Array<number>(channels).fill(value) : value;
      if (values.length === channels) return values;
      throw new TypeError(
        `${what} has ${values.length} values, but the images ${formatShape(x!.shape)} have ${channels} channels.`,
      );
    };
    const [means, deviations] = [perChannel('mean', mean), perChannel('std', std)];
    const column = (values: readonly number[]): Tensor =>
      constant(NdArray.of('float32', [channels, 1, 1], values));
    const pixels = sized(cast(x!, 'float32'), size);
    const factor = column(deviations.map((deviation) => scale / deviation));
    return add(mul(pixels, factor), column(means.map((shift, channel) => -shift / deviations[channel]!)));
  },
  samples: () => [
    { name: 'imagePreprocessing', config: {}, inputs: [pictures([2, 1, 2, 3])] },
    {
      name: 'imagePreprocessing normalised',
      config: { mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3] },
      inputs: [pictures([1, 3, 2, 2])],
    },
    {
      name: 'imagePreprocessing smaller',
      config: { size: [2, 3], mean: 0.5, std: 0.5 },
      inputs: [pictures([1, 1, 5, 7])],
    },
    { name: 'imagePreprocessing larger', config: { size: [7, 5] }, inputs: [pictures([1, 1, 5, 3])] },
  ],
});

/** Pixels 0..255 resampled, and rounded to the whole numbers that a resized picture would have been stored as. */
function sized(pixels: Tensor, size: readonly [number, number] | undefined): Tensor {
  if (!size || (pixels.shape[2] === size[0] && pixels.shape[3] === size[1])) return pixels;
  return clip(round(resize(pixels, size)), 0, 255);
}

function pictures(shape: readonly number[]): NdArray<'uint8'> {
  return NdArray.of('uint8', shape, spread(shape, 0, 256).data);
}

/**
 * Pictures as they are stored, made into what a network takes: (x scale - mean) / std channel by channel, after resampling to
 * `size` where one is given (linear, with antialiasing, rounded to whole pixel values). As the first layer of a model it makes
 * a served model see what its training saw.
 *
 * Input uint8 (or any numbers 0 to 255) [batch, channels, height, width], the height and width open if need be; output float32
 * [batch, channels, height, width], with the height and width of `size`.
 * @throws RangeError for a size that is not of whole numbers, or a std of 0
 */
export function imagePreprocessing(options: ImagePreprocessingOptions = {}): Layer {
  for (const size of options.size ?? []) requireWhole('imagePreprocessing', 'size', size);
  if ([options.std ?? 1].flat().some((deviation) => !(deviation > 0))) {
    throw new RangeError(
      `imagePreprocessing: std must be above 0, but it is ${JSON.stringify(options.std)}.`,
    );
  }
  return make(options);
}
