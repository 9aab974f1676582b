import { NdArray } from '../graph/array.js';
import type { Initializer } from './context.js';
import { dot } from './vectors.js';

/** How many inputs and outputs one weight of this shape connects: dense [in, out], convolution [out, in, ..kernel]. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! };
  const taps = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1]! * taps, fanOut: shape[0]! * taps };
}

type Draw = Parameters<Initializer>[1];

/** Fills an array with values drawn one by one. How they are drawn is settled once, by the shape. */
const eachBy =
  (drawFor: (shape: readonly number[]) => (random: Draw) => number): Initializer =>
  (shape, random) => {
    const array = new NdArray('float32', shape);
    const draw = drawFor(shape);
    for (let i = 0; i < array.size; i++) array.data[i] = draw(random);
    return array;
  };

const each = (draw: (random: Draw) => number): Initializer => eachBy(() => draw);

type Fan = 'fanIn' | 'average';

/** The number of weights whose sum has unit variance when each has a variance of 1 / that number. */
function fanOf(shape: readonly number[], fan: Fan): number {
  const { fanIn, fanOut } = fans(shape);
  return Math.max(1, fan === 'fanIn' ? fanIn : (fanIn + fanOut) / 2);
}

const scaledUniform = (gain: number, fan: Fan): Initializer =>
  eachBy((shape) => {
    const bound = Math.sqrt((3 * gain) / fanOf(shape, fan));
    return (random) => random.uniform(-bound, bound);
  });

const scaledNormal = (gain: number, fan: Fan): Initializer =>
  eachBy((shape) => {
    const deviation = Math.sqrt(gain / fanOf(shape, fan));
    return (random) => random.normal(0, deviation);
  });

function normalWithin(random: Draw, deviations: number): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= deviations) return value;
  }
}

/** Every way to fill a parameter with starting values, by the name that configurations use. */
export const initializers = {
  /** All zeros. */
  zeros: () => each(() => 0),
  /** All ones. */
  ones: () => each(() => 1),
  /** All the same value. */
  constant: ({ value }: { readonly value: number }) => each(() => value),
  /** Uniform in [low, high). Default: ±0.05. */
  uniform: ({ low = -0.05, high = 0.05 }: { readonly low?: number; readonly high?: number } = {}) =>
    each((random) => random.uniform(low, high)),
  /** Normal. Default: mean 0, standard deviation 0.05. */
  normal: ({ mean = 0, standardDeviation = 0.05 }: NormalOptions = {}) =>
    each((random) => random.normal(mean, standardDeviation)),
  /** Normal, drawn again where it is more than two standard deviations from the mean. Default: mean 0, 0.05. */
  truncatedNormal: ({ mean = 0, standardDeviation = 0.05 }: NormalOptions = {}) =>
    each((random) => mean + standardDeviation * normalWithin(random, 2)),
  /** Uniform in ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
  glorotUniform: () => scaledUniform(1, 'average'),
  /** Normal of variance 2 / (fanIn + fanOut) (Glorot and Bengio, 2010). */
  glorotNormal: () => scaledNormal(1, 'average'),
  /** Uniform in ±sqrt(6 / fanIn), for layers followed by a relu (He et al., 2015). */
  heUniform: () => scaledUniform(2, 'fanIn'),
  /** Normal of variance 2 / fanIn, for layers followed by a relu (He et al., 2015). */
  heNormal: () => scaledNormal(2, 'fanIn'),
  /** Uniform in ±sqrt(3 / fanIn) (LeCun et al., 1998). */
  lecunUniform: () => scaledUniform(1, 'fanIn'),
  /** Normal of variance 1 / fanIn, for layers followed by a selu (LeCun et al., 1998). */
  lecunNormal: () => scaledNormal(1, 'fanIn'),
  /** A random matrix [first axis, the rest] with orthonormal rows, or columns where there are more rows (Saxe et al., 2014). */
  orthogonal: ({ gain = 1 }: { readonly gain?: number } = {}) => orthogonal(gain),
  /** 1 where the two indices of a matrix are equal, 0 elsewhere. */
  identity: ({ gain = 1 }: { readonly gain?: number } = {}) => identity(gain),
} satisfies Record<string, (options: never) => Initializer>;

interface NormalOptions {
  readonly mean?: number;
  readonly standardDeviation?: number;
}

type Initializers = typeof initializers;

export type InitializerName = keyof Initializers;

/** An initialiser by name, with options where it has some: `'heNormal'`, `{ name: 'constant', value: 0.1 }`. */
export type InitializerConfig =
  | Exclude<InitializerName, 'constant'>
  | { [Name in InitializerName]: { readonly name: Name } & OptionsOf<Name> }[InitializerName];

type OptionsOf<Name extends InitializerName> =
  Parameters<Initializers[Name]> extends [(infer Options)?] ? Options : unknown;

/** The initialiser a configuration names. @throws TypeError naming those there are */
export function initializer(config: InitializerConfig): Initializer {
  const name = typeof config === 'string' ? config : config.name;
  if (!Object.hasOwn(initializers, name)) {
    throw new TypeError(`There is no initializer '${name}'. Known: ${Object.keys(initializers).join(', ')}.`);
  }
  const make = initializers[name] as (options?: object) => Initializer;
  return make(typeof config === 'string' ? undefined : config);
}

/** All zeros. */
export const zeros = initializers.zeros();
/** All ones. */
export const ones = initializers.ones();
/** Uniform in ±sqrt(6 / (fanIn + fanOut)). */
export const glorotUniform = initializers.glorotUniform();

/** Orthonormal vectors by the Gram-Schmidt process, each made orthogonal twice so that rounding does not add up. */
function orthogonal(gain: number): Initializer {
  return (shape, random) => {
    const array = new NdArray('float32', shape);
    const rows = shape[0] ?? 1;
    const columns = rows === 0 ? 0 : array.size / rows;
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const vectors: Float64Array[] = [];
    while (vectors.length < count) {
      const vector = Float64Array.from({ length }, () => random.normal());
      for (const earlier of [...vectors, ...vectors]) {
        const along = dot(vector, earlier);
        for (let i = 0; i < length; i++) vector[i]! -= along * earlier[i]!;
      }
      const size = Math.sqrt(dot(vector, vector));
      vectors.push(vector.map((value) => value / size));
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = rows <= columns ? vectors[row]![column]! : vectors[column]![row]!;
        array.data[row * columns + column] = gain * value;
      }
    }
    return array;
  };
}

function identity(gain: number): Initializer {
  return (shape) => {
    if (shape.length !== 2)
      throw new TypeError(`The initializer 'identity' fills matrices, not a shape of [${shape.join(', ')}].`);
    const array = new NdArray('float32', shape);
    for (let i = 0; i < Math.min(shape[0]!, shape[1]!); i++) array.data[i * shape[1]! + i] = gain;
    return array;
  };
}
