import { NdArray, sizeOf } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import { type Shape, staticShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import {
  cast,
  concat,
  constant,
  cos,
  matmulTransposed,
  mul,
  neg,
  randomUniform,
  reshape,
  sin,
  step,
} from '../primitives/index.js';

/** What decides which values are dropped: how many, and where the random numbers come from. */
export interface DropoutSource {
  readonly rate: number;
  readonly key: Tensor;
  readonly salt?: number;
}

/** Neither table is longer than this along the axis that the other lacks. */
const longestSide = 64;

/**
 * What values are multiplied with in dropout: 0 with probability `rate`, else 1 / (1 - rate); a function of key and salt.
 *
 * A value (c, i, j) is dropped where the angles a[c, i] and b[c, j], drawn evenly from a circle, are closer than `rate` of half a
 * turn: where cos a cos b + sin a sin b is large. So a thin matrix product makes the mask from two small tables, in a fraction
 * of the time that a random number for each value takes. Any three values are dropped independently of each other.
 */
export function dropoutMask({ rate, key, salt = 0 }: DropoutSource, shape: Shape, dtype: DType): Tensor {
  const sizes = staticShape(shape, 'dropout');
  const size = sizeOf(sizes);
  if (size === 0) return constant(new NdArray(dtype, sizes));
  const rows = divisorUpTo(longestSide, size);
  const columns = divisorUpTo(longestSide, size / rows);
  const count = size / (rows * columns);
  const angles = (length: number, ownSalt: number): Tensor =>
    mul(randomUniform(key, [count, length, 1], ownSalt), 2 * Math.PI);
  const column = (length: number, value: number): Tensor =>
    constant(NdArray.of('float32', [count, length, 1], new Array<number>(count * length).fill(value)));
  const [a, b] = [angles(rows, 2 * salt + 1), angles(columns, 2 * salt + 2)];
  const left = concat([cos(a), sin(a), column(rows, Math.cos(Math.PI * rate))], 2);
  const right = concat([neg(cos(b)), neg(sin(b)), column(columns, 1)], 2);
  const kept = step(matmulTransposed(left, right));
  return cast(reshape(mul(kept, 1 / (1 - rate)), sizes), dtype);
}

/** The largest divisor of a number that is at most `limit`. */
function divisorUpTo(limit: number, value: number): number {
  let divisor = Math.min(limit, value);
  while (value % divisor !== 0) divisor--;
  return divisor;
}
