/** The element types a tensor can have. `bool` is stored one byte an element; `int64` as BigInt. */
export const dtypes = [
  'float32',
  'float64',
  'float16',
  'int32',
  'int64',
  'uint32',
  'uint8',
  'int8',
  'bool',
] as const;

export type DType = (typeof dtypes)[number];

/** The typed array that holds elements of each dtype. float16 is held as raw 16-bit words. */
export interface TypedArrayOf {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

export type TypedArray = TypedArrayOf[DType];

interface TypedArrayConstructor<D extends DType> {
  new (length: number): TypedArrayOf[D];
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArrayOf[D];
  readonly BYTES_PER_ELEMENT: number;
}

const constructors: { [D in DType]: TypedArrayConstructor<D> } = {
  float32: Float32Array as TypedArrayConstructor<'float32'>,
  float64: Float64Array as TypedArrayConstructor<'float64'>,
  float16: Uint16Array as TypedArrayConstructor<'float16'>,
  int32: Int32Array as TypedArrayConstructor<'int32'>,
  int64: BigInt64Array as TypedArrayConstructor<'int64'>,
  uint32: Uint32Array as TypedArrayConstructor<'uint32'>,
  uint8: Uint8Array as TypedArrayConstructor<'uint8'>,
  int8: Int8Array as TypedArrayConstructor<'int8'>,
  bool: Uint8Array as TypedArrayConstructor<'bool'>,
};

/** The constructor of the typed array that holds `dtype`. */
export function typedArrayOf<D extends DType>(dtype: D): TypedArrayConstructor<D> {
  return constructors[dtype];
}

/** Bytes one element takes. */
export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** Whether gradients can flow through values of this dtype. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

/** Whether values of this dtype are whole numbers. */
export function isInteger(dtype: DType): boolean {
  return !isFloat(dtype) && dtype !== 'bool';
}
