// A recogniser of speech as a graph that hears a stretch of sound at a time.
import type { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { entries, unflatten } from '../../graph/tree.js';
import { encodeModel } from '../../onnx/encode.js';
import { simplify } from '../../transforms/simplify.js';
import { Context, type TensorTree, type Variables } from '../context.js';
import type { Layer } from '../layer.js';
import {
  carriedShapes,
  recognize,
  type SpeechFrontOptions,
  type SpeechRecognizerOptions,
} from './speechRecognizer.js';

/** How sound is cut into the stretches that a streaming recogniser hears. */
export interface StreamShape {
  /** Samples of a stretch; neighbouring ones overlap. */
  readonly window: number;
  /** Samples from the beginning of one stretch to that of the next. */
  readonly advance: number;
  /** Steps of logits that a stretch gives. */
  readonly steps: number;
}

/** How a recogniser of speech, of whatever kind, hears sound. @throws TypeError when it is another layer */
export function frontOptions({ type, config }: Layer): SpeechFrontOptions {
  if (type === 'speechRecognizer' || type === 'conformerRecognizer') return config as SpeechFrontOptions;
  throw new TypeError(`A recogniser of speech was expected, but this is a layer of type '${type}'.`);
}

/** The configuration of a recogniser that streams; undefined for those that need the whole sound. */
function streamingOptions({ type, config }: Layer): SpeechRecognizerOptions | undefined {
  if (type !== 'speechRecognizer') return undefined;
  const options = config as SpeechRecognizerOptions;
  return options.bidirectional ? undefined : options;
}

/** The shapes of what a recogniser carries from stretch to stretch; undefined for those that need the whole sound. */
export function carriedBy(model: Layer): ReturnType<typeof carriedShapes> | undefined {
  const options = streamingOptions(model);
  return options && carriedShapes(options);
}

/** @param steps how many steps of logits a stretch gives: few answer sooner, many cost less */
export function streamShape(
  { spectrogram, strides = [2, 2, 1] }: SpeechFrontOptions,
  steps: number,
): StreamShape {
  const { fftSize = 2048, windowSize = fftSize, hop = Math.floor(windowSize / 4) } = spectrogram;
  const advance = hop * strides.reduce((a, b) => a * b, 1) * steps;
  return { window: advance - hop + fftSize, advance, steps };
}

/**
 * A trained recogniser as an ONNX file that hears one stretch of sound after another.
 *
 * Inputs: `samples` float32 [1, window], then `past.0`, `past.1`, ..., zeros at first. Outputs: `logits` [1, steps, classes], then
 * `present.0`, ..., which are the past of the next stretch. Together the logits are those of the whole sound.
 * @throws TypeError when the model is no recogniser, or needs the whole sound
 */
export function exportStream(model: Layer, variables: Variables, steps: number): Uint8Array<ArrayBuffer> {
  const options = streamingOptions(model);
  if (!options) throw new TypeError('This recogniser needs the whole sound: it cannot stream.');
  const named = [...entries<NdArray>(variables.parameters), ...entries<NdArray>(variables.state)];
  const stands = named.map(([name, { dtype, shape }]) => input(name, dtype, shape));
  const count = entries<NdArray>(variables.parameters).length;
  const context = Context.using(
    unflatten(variables.parameters, stands.slice(0, count)) as TensorTree,
    unflatten(variables.state, stands.slice(count)) as TensorTree,
  );
  const samples = input('samples', 'float32', [1, streamShape(options, steps).window]);
  const past = carriedShapes(options).map((shape, i) => input(`past.${i}`, 'float32', shape));
  const { logits, present } = recognize(context, options, samples, past);
  const graph = simplify(new Graph([...stands, samples, ...past], [logits, ...present]));
  return encodeModel(graph, {
    name: 'stream',
    outputNames: ['logits', ...present.map((_, i) => `present.${i}`)],
    initializers: new Map<Tensor, { name: string; value: NdArray }>(
      stands.map((tensor, i) => [tensor, { name: named[i]![0], value: named[i]![1] }]),
    ),
  });
}
