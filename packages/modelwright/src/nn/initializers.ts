import { NdArray } from '../graph/array.js';
import type { Initializer } from './context.js';

/** How many inputs and outputs one weight of this shape connects: dense [in, out], convolution [out, in, ..kernel]. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! };
  const taps = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1]! * taps, fanOut: shape[0]! * taps };
}

const filled = (value: number): Initializer => (shape) => {
  const array = new NdArray('float32', shape);
  array.data.fill(value);
  return array;
};

const uniform = (limit: (shape: readonly number[]) => number): Initializer => (shape, random) => {
  const array = new NdArray('float32', shape);
  const bound = limit(shape);
  for (let i = 0; i < array.size; i++) array.data[i] = random.uniform(-bound, bound);
  return array;
};

/** All zeros. */
export const zeros = filled(0);
/** All ones. */
export const ones = filled(1);
/** Uniform in ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
export const glorotUniform = uniform((shape) => Math.sqrt(6 / (fans(shape).fanIn + fans(shape).fanOut)));
/** Uniform in ±sqrt(6 / fanIn), for layers followed by a relu (He et al., 2015). */
export const heUniform = uniform((shape) => Math.sqrt(6 / fans(shape).fanIn));
