import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import type { Dimension, Shape } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import {
  add,
  broadcastTo,
  cast,
  constant,
  mul,
  positions,
  reshape,
  scalar,
  stack,
  sum,
} from '../primitives/index.js';
import type { Value } from './values.js';

/** Where the sizes of open dimensions can be read off once the graph runs. */
export class DimensionSources {
  readonly #sources = new Map<string, { readonly tensor: Tensor; readonly axis: number }>();

  /** Takes note of the open dimensions of a tensor. */
  note(tensor: Tensor): void {
    for (const [axis, size] of tensor.shape.entries()) {
      if (typeof size === 'string' && !this.#sources.has(size)) this.#sources.set(size, { tensor, axis });
    }
  }

  /** 0, 1, ... along an open dimension: int32[size]. @throws Error when no tensor has it */
  positions(size: string): Tensor {
    const source = this.#sources.get(size);
    if (!source) throw new Error(`the size '${size}' is open, and no tensor of the graph shows it`);
    return positions(source.tensor, source.axis);
  }

  /** A value as a tensor. */
  tensorOf(value: Value): Tensor {
    if (value instanceof Tensor) return value;
    const numbers = value.sizes.map((size) =>
      typeof size === 'number'
        ? scalar(size, 'int64')
        : cast(sum(add(mul(this.positions(size), 0), 1)), 'int64'),
    );
    return value.scalar ? numbers[0]! : stack(numbers);
  }

  /** A number repeated over a shape, which may have open dimensions. */
  filled(value: number, shape: Shape, dtype: DType): Tensor {
    return this.stretched(scalar(value, dtype), shape);
  }

  /** `x` stretched to `shape`, also along open dimensions. */
  stretched(x: Tensor, shape: Shape): Tensor {
    const offset = shape.length - x.rank;
    const stretches = (size: Dimension, axis: number): boolean =>
      typeof size === 'string' && (axis < offset || x.shape[axis - offset] !== size);
    const open = shape.flatMap((size, axis) => (stretches(size, axis) ? [axis] : []));
    if (open.length === 0) return broadcastTo(x, shape);
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    let wide = cast(x, dtype);
    for (const axis of open) {
      const size = shape[axis] as string;
      const zeros = mul(cast(this.positions(size), dtype), 0);
      wide = add(wide, reshape(zeros, [size, ...shape.slice(axis + 1).map(() => 1)]));
    }
    return cast(broadcastTo(wide, shape), x.dtype);
  }
}

/** A tensor of known shape filled with numbers by position. */
export function table(
  shape: readonly number[],
  value: (position: number) => number,
  dtype: DType = 'float32',
): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return constant(
    NdArray.of(
      dtype,
      shape,
      Float64Array.from({ length: size }, (_, i) => value(i)),
    ),
  );
}
