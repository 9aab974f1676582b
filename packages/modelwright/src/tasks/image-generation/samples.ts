import { gatherRows } from '../../data/collate.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { Tensor } from '../../graph/tensor.js';
import type { TensorTree, Variables } from '../../nn/context.js';
import type { Layer } from '../../nn/layer.js';
import { add, cast, clip, mul, round } from '../../primitives/index.js';
import { type Compiled, compile } from '../../runtime/compile.js';

/** What pictures are made from. */
export interface Seeds {
  /** float32 [pictures, latent] */
  readonly latent: NdArray;
  /** int32 [pictures]; undefined for generators that are told no class. */
  readonly label: NdArray | undefined;
}

/** A latent vector, normally distributed. */
export function drawLatent(length: number, random: Random): NdArray<'float32'> {
  return NdArray.of(
    'float32',
    [length],
    Float32Array.from({ length }, () => random.normal()),
  );
}

/**
 * Where pictures begin: each is a function of the seed and its number alone.
 * @param labels the class of each, or how many there are
 */
export function seedsOf(
  labels: readonly number[] | number,
  { latent, seed, first = 0 }: { readonly latent: number; readonly seed: number; readonly first?: number },
): Seeds {
  const count = typeof labels === 'number' ? labels : labels.length;
  const vectors = new NdArray('float32', [count, latent]);
  for (let i = 0; i < count; i++)
    vectors.data.set(drawLatent(latent, new Random(seed, first + i)).data, i * latent);
  return {
    latent: vectors,
    label: labelsArray(labels),
  };
}

const labelsArray = (labels: readonly number[] | number): NdArray | undefined =>
  typeof labels === 'number' ? undefined : NdArray.of('int32', [labels.length], labels);

/**
 * Where pictures begin that lead from the first one of a seed to the first one of another: spherical interpolation (Shoemake, 1985), so that
 * what lies between is as far from zero as both ends.
 * @param labels the class of each, or how many there are
 * @param together how many pictures in a row are of the same step
 */
export function walkOf(
  labels: readonly number[] | number,
  options: {
    readonly latent: number;
    readonly seed: number;
    readonly towards: number;
    readonly together: number;
  },
): Seeds {
  const { latent, seed, towards, together } = options;
  const count = typeof labels === 'number' ? labels : labels.length;
  const [from, to] = [seed, towards].map((each) => drawLatent(latent, new Random(each, 0)).data);
  const last = Math.max(1, Math.ceil(count / together) - 1);
  const vectors = new NdArray('float32', [count, latent]);
  for (let i = 0; i < count; i++)
    vectors.data.set(between(from!, to!, Math.floor(i / together) / last), i * latent);
  return { latent: vectors, label: labelsArray(labels) };
}

/** The point at `share` of the way on the arc from one vector to another. */
function between(from: Float32Array, to: Float32Array, share: number): Float32Array {
  const product = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const cosine = product(from, to) / Math.sqrt(product(from, from) * product(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  // Vectors in one direction have no arc between them.
  const part = (x: number): number => (Math.sin(angle) < 1e-6 ? x : Math.sin(x * angle) / Math.sin(angle));
  const [near, far] = [part(1 - share), part(share)];
  return from.map((x, i) => near * x + far * to[i]!);
}

/** Values from -1 to 1 as pixels, uint8. */
export function pixelsOf(x: Tensor): Tensor {
  return cast(clip(round(mul(add(x, 1), 127.5)), 0, 255), 'uint8');
}

/** Pictures in one run. */
const batchSize = 100;

/** A generator compiled to be called with changing parameters. */
export class Sampler {
  readonly #run: Compiled<[TensorTree, TensorTree, readonly Tensor[]]>;

  constructor(generator: Layer) {
    this.#run = compile((parameters: TensorTree, state: TensorTree, inputs: readonly Tensor[]) =>
      pixelsOf(generator.apply(parameters, inputs, { state })),
    );
  }

  /** Makes pictures, uint8 [pictures, channels, height, width]. */
  async make({ parameters, state }: Variables, seeds: Seeds): Promise<NdArray<'uint8'>> {
    return inBatches(seeds, async (inputs) => (await this.#run(parameters, state, inputs)) as NdArray);
  }

  release(): Promise<void> {
    return this.#run.release();
  }
}

/** Makes pictures a hundred at a time. */
export async function inBatches(
  { latent, label }: Seeds,
  run: (inputs: NdArray[]) => Promise<NdArray>,
): Promise<NdArray<'uint8'>> {
  const parts: NdArray[] = [];
  const labels = label && rowBatches(label);
  for (const [i, part] of rowBatches(latent).entries())
    parts.push(await run(labels ? [part, labels[i]!] : [part]));
  return joinPictures(parts);
}

/** The rows of an array, a hundred at a time, copied. */
export function rowBatches(array: NdArray): NdArray[] {
  const rows = array.shape[0]!;
  return Array.from({ length: Math.ceil(rows / batchSize) }, (_, i) => {
    const from = i * batchSize;
    const chosen = Array.from({ length: Math.min(batchSize, rows - from) }, (_row, at) => from + at);
    return gatherRows(array, chosen);
  });
}

function joinPictures(parts: readonly NdArray[]): NdArray<'uint8'> {
  const [, ...inner] = parts[0]!.shape;
  const joined = new NdArray('uint8', [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...inner]);
  let at = 0;
  for (const part of parts) {
    joined.data.set(part.data as Uint8Array, at);
    at += part.size;
  }
  return joined;
}

/** The n-th of several pictures. */
export function pictureAt(pictures: NdArray<'uint8'>, index: number): NdArray<'uint8'> {
  const shape = pictures.shape.slice(1);
  const size = pictures.size / pictures.shape[0]!;
  return new NdArray('uint8', shape, pictures.data.slice(index * size, (index + 1) * size));
}

/**
 * Pictures side by side as one, with a line of black between.
 * @param pictures uint8 [pictures, channels, height, width]
 * @param columns pictures in a row
 */
export function gridOf(pictures: NdArray<'uint8'>, columns: number): NdArray<'uint8'> {
  const [count, channels, height, width] = pictures.shape as [number, number, number, number];
  const rows = Math.ceil(count / columns);
  const [tall, wide] = [rows * (height + 1) - 1, Math.min(columns, count) * (width + 1) - 1];
  const grid = new NdArray('uint8', [channels, tall, wide]);
  for (let i = 0; i < count; i++) {
    const [top, left] = [Math.floor(i / columns) * (height + 1), (i % columns) * (width + 1)];
    for (let line = 0; line < channels * height; line++) {
      const [channel, y] = [Math.floor(line / height), line % height];
      const from = (i * channels * height + line) * width;
      grid.data.set(pictures.data.subarray(from, from + width), (channel * tall + top + y) * wide + left);
    }
  }
  return grid;
}
