import { NdArray } from '../graph/array.js';
import type { DType, TypedArrayOf } from '../graph/dtype.js';

/** An array as it travels between threads. */
export interface Parcel {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArrayOf[DType];
}

export const toParcel = ({ dtype, shape, data }: NdArray): Parcel => ({ dtype, shape, data });
export const fromParcel = ({ dtype, shape, data }: Parcel): NdArray => new NdArray(dtype, shape, data);
