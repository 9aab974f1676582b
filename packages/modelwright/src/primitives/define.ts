import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import {
  type Attributes,
  formatType,
  type Primitive,
  type Sample,
  type TensorType,
} from '../graph/tensor.js';

/** Gives a primitive its attribute type by inference. */
export function definePrimitive<A extends Attributes>(primitive: Primitive<A>): Primitive<A> {
  return primitive;
}

/** @throws TypeError unless all inputs have the dtype of the first */
export function requireSameDtype(who: string, inputs: readonly TensorType[]): DType {
  const [first, ...others] = inputs;
  for (const other of others) {
    if (other.dtype !== first!.dtype) {
      throw new TypeError(
        `${who}: operands are ${formatType(first!)} and ${formatType(other)}. Their dtypes must agree; use cast('${first!.dtype}').`,
      );
    }
  }
  return first!.dtype;
}

/** @throws TypeError unless the input's dtype is among those allowed */
export function requireDtype(
  who: string,
  type: TensorType,
  allowed: (dtype: DType) => boolean,
  what: string,
): void {
  if (!allowed(type.dtype)) throw new TypeError(`${who}: expected ${what}, but got ${formatType(type)}.`);
}

/** A sample with no attributes. */
export function sample(...inputs: NdArray[]): Sample<Record<string, never>> {
  return { inputs, attributes: {} };
}

/** float32 values spread evenly but not in order, away from kinks at whole numbers: dull, repeatable test data. */
export function spread(shape: readonly number[], low = -2, high = 2, phase = 0.37): NdArray<'float32'> {
  const array = new NdArray('float32', shape);
  for (let i = 0; i < array.size; i++) {
    const fraction = ((i + 1) * 0.6180339887 + phase) % 1;
    array.data[i] = low + (high - low) * fraction;
  }
  return array;
}
