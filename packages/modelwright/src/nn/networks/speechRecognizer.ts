import type { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { concat, relu, reshape, slice, transpose } from '../../primitives/index.js';
import { knownSize, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv1d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { gru } from '../layers/recurrentCells.js';
import {
  type SpecAugmentOptions,
  specAugment,
  type WarpFrequencyOptions,
  warpFrequency,
} from '../layers/specAugment.js';
import { type MelSpectrogramOptions, melSpectrogram } from '../layers/spectrogram.js';
import { defineLayer } from '../registry.js';
import type { NetworkOptions } from './digitsCnn.js';

/** How a recogniser hears what is near at hand. */
export interface SpeechFrontOptions {
  /** How sound becomes a spectrogram; its windows are not centred, so that nothing depends on what is yet to come. */
  readonly spectrogram: Omit<MelSpectrogramOptions, 'centred' | 'range'>;
  /** By how much each convolution shortens time. Default: [2, 2, 1]. */
  readonly strides?: readonly number[];
  /** Channels of the convolutions. Default: 96. */
  readonly filters?: number;
  /** Frames that a convolution looks at: this one and those before it. Default: 5. */
  readonly kernelSize?: number;
  /** What is hidden of spectrograms in training. Default: as `specAugment`. */
  readonly hide?: SpecAugmentOptions;
  /** How voices are changed in training. Default: as `warpFrequency`. */
  readonly warp?: WarpFrequencyOptions;
}

export interface SpeechRecognizerOptions extends NetworkOptions, SpeechFrontOptions {
  /** Units of each recurrent layer. Default: 128. */
  readonly units?: number;
  /** Recurrent layers. Default: 1. */
  readonly layers?: number;
  /** Whether recurrent layers also read from the end: more accurate, but nothing is known before the end. Default: false. */
  readonly bidirectional?: boolean;
  /** How much is dropped between layers. Default: 0.1. */
  readonly dropoutRate?: number;
}

/** What a recogniser makes of a stretch of sound. */
export interface Recognized {
  /** [batch, steps, classes] */
  readonly logits: Tensor;
  /** What the next stretch needs of this one; empty where none was given. */
  readonly present: readonly Tensor[];
}

const front = { strides: [2, 2, 1], filters: 96, kernelSize: 5 } as const;
const defaults = { ...front, units: 128, layers: 1 } as const;

/** The shapes of what a recogniser carries from stretch to stretch, for one sound. */
export function carriedShapes(options: SpeechRecognizerOptions): readonly (readonly number[])[] {
  const { strides, filters, kernelSize, units, layers } = { ...defaults, ...options };
  const { mels = 128 } = options.spectrogram;
  return [
    ...strides.map((_, i) => [1, i === 0 ? mels : filters, kernelSize - 1]),
    ...Array.from({ length: layers }, () => [1, 1, units]),
  ];
}

/**
 * A mel spectrogram normalised row by row, in training warped and partly hidden, and convolutions over time that look back and not ahead.
 * @param past what the stretch before left of each convolution; left out at the beginning of a whole sound
 * @returns [batch, steps, filters], and what the next stretch needs of this one
 */
export function hearNear(
  context: Context,
  options: SpeechFrontOptions,
  waveform: Tensor,
  past?: readonly Tensor[],
): { readonly near: Tensor; readonly present: readonly Tensor[] } {
  const { strides, filters, kernelSize, hide, warp, spectrogram } = { ...front, ...options };
  const call = (name: string, layer: Layer, input: Tensor): Tensor => layer.call(context.child(name), input);
  const present: Tensor[] = [];
  let x = call('spectrogram', melSpectrogram({ ...spectrogram, centred: false }), waveform);
  x = call('levels', batchNorm(), x);
  x = call('hide', specAugment(hide), call('warp', warpFrequency(warp), x));
  for (const [i, stride] of strides.entries()) {
    const before = past?.[i];
    const joined = before ? concat([before, x], 2) : x;
    if (before) present.push(slice(joined, 2, knownSize(joined, 2, 'the number of frames') - kernelSize + 1));
    const padding = before ? 'valid' : ([[kernelSize - 1, 0]] as const);
    const layer = conv1d(filters, kernelSize, { strides: stride, padding, bias: false });
    x = relu(call(`norm${i}`, batchNorm(), call(`convolution${i}`, layer, joined)));
  }
  return { near: transpose(x, [0, 2, 1]), present };
}

/**
 * Calls a recogniser on a stretch of sound.
 * @param past what the stretch before left, [batch, ..]; left out at the beginning of a whole sound
 */
export function recognize(
  context: Context,
  options: SpeechRecognizerOptions,
  waveform: Tensor,
  past?: readonly Tensor[],
): Recognized {
  const { units, layers } = { ...defaults, ...options };
  const { bidirectional = false, dropoutRate = 0.1 } = options;
  const heard = hearNear(context, options, waveform, past);
  const { near } = heard;
  const present = [...heard.present];
  let x = drop(context, near, dropoutRate);
  for (let i = 0; i < layers; i++) {
    const before = past?.[present.length];
    const layer = gru(units, { bidirectional });
    x = layer.call(context.child(`recurrent${i}`), ...(before ? [x, before] : [x]));
    if (before) present.push(lastStep(x));
    x = drop(context, x, dropoutRate);
  }
  // What lies near at hand also goes to the output directly: it learns long before the recurrent layers do.
  const output = dense(options.classes).call(context.child('output'), concat([near, x], 2));
  return { logits: output, present };
}

/** [batch, steps, units] to [batch, 1, units] */
function lastStep(x: Tensor): Tensor {
  const [batch, , units] = x.shape;
  return reshape(slice(x, 1, knownSize(x, 1, 'the number of steps') - 1), [batch!, 1, units!]);
}

const tiny: SpeechRecognizerOptions = {
  ...{ classes: 3, filters: 2, kernelSize: 3, units: 2, layers: 1 },
  spectrogram: { sampleRate: 8000, fftSize: 8, hop: 4, mels: 3, floor: 2e-3 },
};

const make = defineLayer<SpeechRecognizerOptions>({
  type: 'speechRecognizer',
  call: (context, config, waveform) => recognize(context, config, waveform!).logits,
  samples: () => {
    const noFixture = 'made of layers that have fixtures';
    const inputs: readonly NdArray[] = [spread([2, 31])];
    return [
      { name: 'speechRecognizer', config: tiny, inputs, noFixture },
      { name: 'speechRecognizer bidirectional', config: { ...tiny, bidirectional: true }, inputs, noFixture },
    ];
  },
});

/**
 * A recogniser of speech for connectionist temporal classification, after Deep Speech 2 (Amodei et al., 2016): a mel spectrogram
 * normalised row by row, convolutions over time that look back and not ahead, recurrent layers (GRU), and the classes of each step, of
 * which class 0 says nothing (blank).
 *
 * Input float32 [batch, samples]; output logits [batch, steps, classes], a step being hop times the product of the strides.
 * @throws RangeError for an option outside its range
 */
export function speechRecognizer(options: SpeechRecognizerOptions): Layer {
  const { units, layers } = { ...defaults, ...options };
  checkFront('speechRecognizer', options);
  for (const [name, value] of Object.entries({ classes: options.classes, units, layers }))
    requireWhole('speechRecognizer', name, value);
  requireWithin('speechRecognizer', 'dropoutRate', options.dropoutRate ?? 0.1, 0, 1);
  return make(options);
}

/** @throws RangeError for filters, kernelSize or strides that are no whole numbers of at least 1 */
export function checkFront(who: string, options: SpeechFrontOptions): void {
  const { strides, filters, kernelSize } = { ...front, ...options };
  for (const [name, value] of Object.entries({ filters, kernelSize })) requireWhole(who, name, value);
  for (const stride of strides) requireWhole(who, 'strides', stride);
}
