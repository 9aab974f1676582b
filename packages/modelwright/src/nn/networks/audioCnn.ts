import { requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { globalAveragePool } from '../layers/globalPooling.js';
import { instanceNorm } from '../layers/normalization.js';
import { maxPool2d } from '../layers/pooling.js';
import { reshapeTo } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';
import {
  type SpecAugmentOptions,
  specAugment,
  type WarpFrequencyOptions,
  warpFrequency,
} from '../layers/specAugment.js';
import { type MelSpectrogramOptions, melSpectrogram } from '../layers/spectrogram.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface AudioNetworkOptions extends NetworkOptions {
  /** How sound becomes a spectrogram. */
  readonly spectrogram: MelSpectrogramOptions;
  /** Channels of each block of convolutions. */
  readonly widths?: readonly number[];
  /** How much of the features is dropped before the last layer. Default: 0.3. */
  readonly dropoutRate?: number;
  /** What is hidden of spectrograms in training. Default: as `specAugment`. */
  readonly hide?: SpecAugmentOptions;
  /** How voices are changed in training. Default: as `warpFrequency`. */
  readonly warp?: WarpFrequencyOptions;
}

/**
 * What networks for sound begin with: the spectrogram, standardised over the whole clip so that loudness counts nothing, and in training
 * warped and partly hidden. From float32 [batch, samples] to [batch, 1, mels, frames].
 */
export function audioFront({ spectrogram, hide, warp }: AudioNetworkOptions): Layer[] {
  const { mels = 128 } = spectrogram;
  const picture = reshapeTo([1, mels, -1]);
  return [
    melSpectrogram(spectrogram),
    picture,
    instanceNorm({ affine: false }),
    reshapeTo([mels, -1]),
    warpFrequency(warp),
    specAugment(hide),
    picture,
  ];
}

/** Blocks of conv 3x3, batch normalisation, relu and max pool over the rows and frames that `pools` says. */
export function convolutionBlocks(
  who: string,
  widths: readonly number[],
  pools: readonly (readonly [number, number])[],
): Layer[] {
  for (const width of widths) requireWhole(who, 'widths', width);
  return widths.flatMap((width, i) => [
    conv2d(width, 3, { padding: 1, bias: false, initializer: 'heNormal' }),
    batchNorm(),
    activation('relu'),
    maxPool2d(pools[i] ?? [2, 2]),
  ]);
}

/**
 * A convolutional network for short sounds: a mel spectrogram, blocks of conv 3x3, batch normalisation, relu and max pool, then the mean
 * over pitch and time and one dense layer.
 *
 * Input float32 [batch, samples]; output logits [batch, classes].
 */
export function audioCnn(options: AudioNetworkOptions): Layer {
  const { classes, widths = [24, 32, 48, 64], dropoutRate = 0.3 } = options;
  return sequential(
    ...audioFront(options),
    ...convolutionBlocks('audioCnn', widths, []),
    globalAveragePool(),
    dropout(dropoutRate),
    dense(classes),
  );
}
