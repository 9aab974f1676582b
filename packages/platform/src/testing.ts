// For tests: small image classifiers whose answers are known by a formula, and models for text that are trained in seconds.
import { writeFile } from 'node:fs/promises';
import { constant } from 'modelwright';
import { encodeModel, Graph, input } from 'modelwright/onnx';
import { NdArray } from 'modelwright/runtime';
import { type JsonObject, writeModelFolder } from 'modelwright/saved';
import { saveWordVectors, trainTextGenerator, trainTokenClassifier, WordVectors } from 'modelwright/tasks';

export interface BrightnessModelOptions {
  readonly labels?: readonly string[];
  readonly channels?: 1 | 3;
  readonly task?: string;
  readonly preprocessing?: JsonObject;
  readonly training?: JsonObject;
  readonly evaluation?: JsonObject;
}

/**
 * Saves a model of brightness: the probabilities are softmax(4 k m), k the number of the class and m in [0, 1] the image's
 * mean. Of two classes the second has the probability 1 / (1 + exp(-4 m)).
 */
export async function saveBrightnessModel(
  directory: string,
  options: BrightnessModelOptions = {},
): Promise<void> {
  const {
    labels = ['dark', 'bright'],
    channels = 1,
    task = 'image-classification',
    preprocessing,
    training,
    evaluation,
  } = options;
  const image = input('image', 'uint8', ['batch', channels, 'height', 'width']);
  const weight = input('weight', 'float32', [channels, labels.length]);
  const factor = 4 / (255 * channels);
  const value = NdArray.of(
    'float32',
    [channels, labels.length],
    Array.from({ length: channels * labels.length }, (_, i) => factor * (i % labels.length)),
  );
  const probabilities = image.cast('float32').mean([2, 3]).matmul(weight).softmax();
  await writeModelFolder(directory, {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task,
      inputs: [{ name: 'image', dtype: 'uint8', shape: ['batch', channels, 'height', 'width'] }],
      outputs: [{ name: 'probabilities', dtype: 'float32', shape: ['batch', labels.length] }],
      labels,
      ...(preprocessing && { preprocessing }),
      ...(training && { training }),
      ...(evaluation && { evaluation }),
    },
    tensors: new Map([['weight', value]]),
    onnx: encodeModel(new Graph([image, weight], [probabilities]), {
      outputNames: ['probabilities'],
      initializers: new Map([[weight, { name: 'weight', value }]]),
    }),
  });
}

/** How likely the brightness model of two classes takes an image of this mean in [0, 1] to be bright. */
export function brightProbability(mean: number): number {
  return 1 / (1 + Math.exp(-4 * mean));
}

/** An image of one colour, uint8 `[channels, height, width]`. */
export function plainImage(level: number, channels = 1, height = 5, width = 7): NdArray<'uint8'> {
  const image = new NdArray('uint8', [channels, height, width]);
  image.data.fill(level);
  return image;
}

/** Saves a generator of text, with a context of 8 characters, that has learnt to count: "0123456789\n" again and again. */
export async function saveCountingModel(directory: string): Promise<void> {
  const data = `${directory}.txt`;
  await writeFile(data, '0123456789\n'.repeat(300));
  await trainTextGenerator({
    ...{ data, out: directory, layers: 1, heads: 2, width: 32, blockSize: 8 },
    ...{ iterations: 120, epochs: 1, batchSize: 16, learningRate: 1e-2 },
  });
}

/** Saves a tagger of travellers' requests, English by words or Chinese by characters, which takes 20 tokens. */
export async function saveTripsModel(directory: string, data: 'trips' | 'trips-zh' = 'trips'): Promise<void> {
  await trainTokenClassifier({
    ...{ data, out: directory, epochs: 3, learningRate: 1e-2, maximumLength: 20 },
  });
}

/** Saves four words as directions in a plane. */
export async function saveDirections(directory: string): Promise<void> {
  const plane = NdArray.of('float32', [4, 2], [1, 0, 0.6, 0.8, 0, 1, -0.8, 0.6]);
  await saveWordVectors(new WordVectors(['east', 'northeast', 'north', 'west'], plane), directory);
}

/**
 * Saves a detector that finds one object, `light`, on every image: it covers the left half and scores as much as the image's mean, in 0 .. 1.
 */
export async function saveLightDetector(directory: string): Promise<void> {
  const image = input('image', 'uint8', ['batch', 3, 'height', 'width']);
  const weight = input('weight', 'float32', [1]);
  const mean = image.cast('float32').mean([1, 2, 3]);
  const scores = mean.mul(weight).reshape(['batch', 1]);
  const none = scores.mul(0).reshape(['batch', 1, 1]);
  const corners = constant(NdArray.from([[[0, 0, 20, 30]]]));
  const value = NdArray.from([1 / 255]);
  await writeModelFolder(directory, {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task: 'object-detection',
      inputs: [{ name: 'image', dtype: 'uint8', shape: ['batch', 3, 'height', 'width'] }],
      outputs: [
        { name: 'boxes', dtype: 'float32', shape: ['batch', 1, 4] },
        { name: 'scores', dtype: 'float32', shape: ['batch', 1] },
        { name: 'classes', dtype: 'int32', shape: ['batch', 1] },
      ],
      labels: ['light'],
    },
    tensors: new Map([['weight', value]]),
    onnx: encodeModel(new Graph([image, weight], [none.add(corners), scores, scores.mul(0).cast('int32')]), {
      outputNames: ['boxes', 'scores', 'classes'],
      initializers: new Map([[weight, { name: 'weight', value }]]),
    }),
  });
}

/** Saves a generator of pictures of one grey, 4 x 4 pixels: 50 for the class `dark` or 150 for `bright`, and 10 times the first number of the latent vector. */
export async function saveGreyGenerator(directory: string): Promise<void> {
  const latent = input('latent', 'float32', ['batch', 2]);
  const label = input('label', 'int32', ['batch']);
  const weight = input('weight', 'float32', [2, 16]);
  const value = NdArray.of(
    'float32',
    [2, 16],
    Array.from({ length: 32 }, (_, i) => (i < 16 ? 10 : 0)),
  );
  const base = label.cast('float32').mul(100).add(50).reshape(['batch', 1]);
  const level = latent.matmul(weight).add(base).cast('uint8');
  await writeModelFolder(directory, {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task: 'image-generation',
      inputs: [
        { name: 'latent', dtype: 'float32', shape: ['batch', 2] },
        { name: 'label', dtype: 'int32', shape: ['batch'] },
      ],
      outputs: [{ name: 'image', dtype: 'uint8', shape: ['batch', 1, 4, 4] }],
      labels: ['dark', 'bright'],
      preprocessing: { latent: 2 },
    },
    tensors: new Map([['weight', value]]),
    onnx: encodeModel(new Graph([latent, label, weight], [level.reshape(['batch', 1, 4, 4])]), {
      outputNames: ['image'],
      initializers: new Map([[weight, { name: 'weight', value }]]),
    }),
  });
}
