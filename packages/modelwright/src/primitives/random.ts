import { NdArray, sizeOf } from '../graph/array.js';
import { type Shape, staticShape } from '../graph/shape.js';
import { apply1, type Tensor } from '../graph/tensor.js';
import { onnxDataType } from '../onnx/types.js';
import { less, maximum, mul } from './arithmetic.js';
import { definePrimitive } from './define.js';
import { cos, log, sqrt } from './elementwise.js';
import { shapeOf } from './reference.js';

// The hash is C. Wellons' "lowbias32" (two multiplications, three xor-shifts), keyed by two words.
const multipliers = [0x7feb352d, 0x846ca68b] as const;
const shifts = [16, 15, 16] as const;

function hash(counter: number, first: number, second: number): number {
  let x = (counter + first) >>> 0;
  x ^= x >>> shifts[0];
  x = Math.imul(x, multipliers[0]) >>> 0;
  x ^= x >>> shifts[1];
  x = (x ^ second) >>> 0;
  x = Math.imul(x, multipliers[1]) >>> 0;
  x ^= x >>> shifts[2];
  return x >>> 0;
}

/**
 * Numbers uniform in [0, 1), a function of the key alone: element i is hash(i; key, salt), its top 24 bits.
 * The salt, fixed while tracing, sets apart the draws of one key.
 */
export const randomUniformPrimitive = definePrimitive<{ shape: Shape; salt: number }>({
  name: 'randomUniform',
  infer([key], { shape }) {
    if (key!.dtype !== 'int32' || key!.shape.length !== 1 || key!.shape[0] !== 2) {
      throw new TypeError(
        `randomUniform: a key is int32[2], as randomKey() makes it, but this is ${key!.dtype}[${key!.shape.join(', ')}].`,
      );
    }
    return [{ dtype: 'float32', shape }];
  },
  gradient: () => [undefined],
  lower(to, [key], { attributes: { shape, salt } }) {
    const sizes = staticShape(shape, 'randomUniform');
    const unsigned = { to: onnxDataType('uint32') };
    const words = to.emit('Cast', [key!], unsigned);
    const word = (at: number): string =>
      to.emit('Slice', [words, to.integers([at]), to.integers([at + 1]), to.integers([0])]);
    const bits = (value: number): string => to.constant(NdArray.of('uint32', [1], [value >>> 0]));
    const xorShift = (x: string, by: number): string =>
      to.emit('BitwiseXor', [x, to.emit('BitShift', [x, bits(by)], { direction: 'RIGHT' })]);
    const counters = to.constant(counterArray(sizeOf(sizes), salt));
    let x = to.emit('Add', [counters, word(0)]);
    x = to.emit('Mul', [xorShift(x, shifts[0]), bits(multipliers[0])]);
    x = to.emit('BitwiseXor', [xorShift(x, shifts[1]), word(1)]);
    x = xorShift(to.emit('Mul', [x, bits(multipliers[1])]), shifts[2]);
    const top = to.emit('BitShift', [x, bits(8)], { direction: 'RIGHT' });
    const float = to.emit('Cast', [top], { to: onnxDataType('float32') });
    const scaled = to.emit('Mul', [float, to.scalar(2 ** -24, 'float32')]);
    return [to.emit('Reshape', [scaled, to.integers(sizes)])];
  },
  evaluate([key], { salt }, [type]) {
    const result = new Float64Array(sizeOf(shapeOf(type!)));
    drawUniform(key!.data, salt, result);
    return [result];
  },
  samples: () => [
    { inputs: [randomKey(7)], attributes: { shape: [2, 3], salt: 0 }, noGradient: 'the key is not a float' },
    { inputs: [randomKey(-1)], attributes: { shape: [5], salt: 99 }, noGradient: 'the key is not a float' },
  ],
});

/** Fills an array with the numbers that `randomUniform` gives for a key and a salt. */
export function drawUniform(
  key: { readonly [position: number]: number },
  salt: number,
  into: Float32Array | Float64Array,
): void {
  const [first, second] = [key[0]! >>> 0, key[1]! >>> 0];
  const start = firstCounter(salt);
  for (let i = 0; i < into.length; i++) into[i] = (hash(start + i, first, second) >>> 8) * 2 ** -24;
}

const firstCounter = (salt: number): number => hash(salt, 0x9e3779b9, 0x85ebca6b);

function counterArray(length: number, salt: number): NdArray<'uint32'> {
  const start = firstCounter(salt);
  const counters = new NdArray('uint32', [length]);
  for (let i = 0; i < length; i++) counters.data[i] = start + i;
  return counters;
}

/** A key for random numbers, int32[2], from a seed and whatever further numbers set this use apart (a step, an epoch). */
export function randomKey(seed: number, ...parts: readonly number[]): NdArray<'int32'> {
  let [first, second] = [
    hash(seed >>> 0, 0x243f6a88, 0x85a308d3),
    hash(Math.floor(seed / 2 ** 32) >>> 0, 0x13198a2e, seed),
  ];
  for (const part of parts)
    [first, second] = [hash(part >>> 0, first, second), hash(part >>> 0, second, first ^ 0xa4093822)];
  return NdArray.of('int32', [2], [first | 0, second | 0]);
}

/** Uniform in [0, 1). Draws with one key and one salt are the same; give each its own salt. */
export function randomUniform(key: Tensor, shape: Shape, salt = 0): Tensor {
  return apply1(randomUniformPrimitive, [key], { shape, salt });
}

/** Normal with mean 0 and variance 1, by Box and Muller's transform. */
export function randomNormal(key: Tensor, shape: Shape, salt = 0): Tensor {
  const radius = sqrt(mul(log(maximum(randomUniform(key, shape, 2 * salt + 1), 2 ** -25)), -2));
  return mul(radius, cos(mul(randomUniform(key, shape, 2 * salt + 2), 2 * Math.PI)));
}

/** True with this probability. */
export function randomBernoulli(key: Tensor, probability: number, shape: Shape, salt = 0): Tensor {
  return less(randomUniform(key, shape, salt), probability);
}
