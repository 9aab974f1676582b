import { bytesPerElement, type DType, type TypedArray, type TypedArrayOf, typedArrayOf } from './dtype.js';

/** Numbers nested to any depth, as `NdArray.from` takes them. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** The number of elements in an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** A concrete n-dimensional array in memory: what graphs take and give. Row-major, contiguous. */
export class NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrayOf[D];

  /**
   * @param dtype element type
   * @param shape size of each dimension
   * @param data elements in row-major order; zeros when left out
   * @throws RangeError when `data` does not have as many elements as `shape` says
   */
  constructor(dtype: D, shape: readonly number[], data?: TypedArrayOf[D]) {
    const size = sizeOf(shape);
    if (data !== undefined && data.length !== size) {
      throw new RangeError(
        `NdArray: shape [${shape.join(', ')}] needs ${size} elements, but the data has ${data.length}.`,
      );
    }
    this.dtype = dtype;
    this.shape = shape;
    this.data = data ?? new (typedArrayOf(dtype))(size);
  }

  /** An array from nested numbers: `NdArray.from([[1, 2], [3, 4]])` is float32 `[2, 2]`. */
  static from<D extends DType = 'float32'>(values: NestedNumbers, dtype?: D): NdArray<D> {
    const shape: number[] = [];
    for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
    const flat: number[] = [];
    const collect = (value: NestedNumbers, depth: number): void => {
      if (typeof value === 'number' || typeof value === 'boolean') {
        if (depth !== shape.length)
          throw new RangeError('NdArray.from: the nested arrays are not of equal depth.');
        flat.push(Number(value));
        return;
      }
      if (depth >= shape.length || value.length !== shape[depth]) {
        throw new RangeError(
          `NdArray.from: at depth ${depth} a row has ${value.length} elements where ${shape[depth] ?? 0} were expected.`,
        );
      }
      for (const item of value) collect(item, depth + 1);
    };
    collect(values, 0);
    return NdArray.of(dtype ?? ('float32' as D), shape, flat);
  }

  /** An array from a flat list of numbers in row-major order. */
  static of<D extends DType>(dtype: D, shape: readonly number[], values: ArrayLike<number>): NdArray<D> {
    const array = new NdArray(dtype, shape);
    if (values.length !== array.size) {
      throw new RangeError(
        `NdArray.of: shape [${shape.join(', ')}] needs ${array.size} elements, but ${values.length} were given.`,
      );
    }
    const data: TypedArray = array.data;
    if (data instanceof BigInt64Array) for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!);
    else data.set(values);
    return array;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Number of bytes the elements take. */
  get byteLength(): number {
    return this.size * bytesPerElement(this.dtype);
  }

  /** The elements as plain numbers, in row-major order. float16 is given as raw words. */
  toNumbers(): number[] {
    return Array.from(this.data as ArrayLike<number | bigint>, Number);
  }

  /** The only element of an array that has one. */
  item(): number {
    if (this.size !== 1) throw new RangeError(`NdArray.item: the array has ${this.size} elements, not one.`);
    return Number(this.data[0]);
  }

  /** The same elements, seen in another shape of equal size. Shares memory. */
  reshape(shape: readonly number[]): NdArray<D> {
    return new NdArray(this.dtype, shape, this.data);
  }

  /** A copy that shares no memory. */
  clone(): NdArray<D> {
    return new NdArray(this.dtype, this.shape, this.data.slice() as TypedArrayOf[D]);
  }
}
