// Tensors as the Open Inference Protocol writes them: as JSON, or as raw bytes beside it (Triton's binary tensor data).
import {
  bytesPerElement,
  type DType,
  isFloat,
  NdArray,
  type TypedArrayOf,
  typedArrayOf,
} from 'modelwright/runtime';
import { badRequest, quoted } from './errors.js';

const datatypes: Record<DType, string> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint32: 'UINT32',
  int8: 'INT8',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
};
const dtypeOf = new Map(Object.entries(datatypes).map(([dtype, datatype]) => [datatype, dtype as DType]));

/** Least and greatest value of the whole-number dtypes; of int64, what JSON numbers hold exactly. */
const ranges: Partial<Record<DType, readonly [number, number]>> = {
  uint8: [0, 255],
  uint32: [0, 2 ** 32 - 1],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** The protocol's name of a dtype. */
export function datatypeOf(dtype: DType): string {
  return datatypes[dtype];
}

/** A tensor of a request: where it is in the JSON (for messages), and what it says. */
export interface TensorJson {
  readonly where: string;
  readonly shape: unknown;
  readonly datatype: unknown;
  readonly data: unknown;
}

/**
 * The array that a tensor in a request describes.
 * @param binary the tensor's bytes, where they do not stand in the JSON
 * @throws ServiceError 400 saying what is wrong
 */
export function parseTensor({ where, shape, datatype, data }: TensorJson, binary?: Uint8Array): NdArray {
  const dtype = dtypeOf.get(datatype as string);
  if (dtype === undefined) {
    const known = [...dtypeOf.keys()].join(', ');
    throw badRequest(`${where}.datatype should be one of ${known}, but it is ${quoted(datatype)}.`);
  }
  if (!isShape(shape)) {
    throw badRequest(
      `${where}.shape should be a list of at most 32 whole numbers, but it is ${quoted(shape)}.`,
    );
  }
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return binary === undefined
    ? fromJson(where, dtype, shape, size, data)
    : fromBytes(where, dtype, shape, size, binary);
}

function fromBytes(where: string, dtype: DType, shape: number[], size: number, bytes: Uint8Array): NdArray {
  const needed = size * bytesPerElement(dtype);
  if (bytes.length !== needed) {
    throw badRequest(
      `${where}: the shape [${shape.join(', ')}] takes ${needed} bytes, but ${bytes.length} were sent.`,
    );
  }
  const copy = new Uint8Array(bytes);
  if (dtype === 'bool') for (let i = 0; i < copy.length; i++) copy[i] = copy[i] ? 1 : 0;
  return new NdArray(dtype, shape, new (typedArrayOf(dtype))(copy.buffer));
}

function fromJson(where: string, dtype: DType, shape: number[], size: number, data: unknown): NdArray {
  if (dtype === 'float16')
    throw badRequest(`${where}: FP16 cannot be sent as JSON. Send it as binary tensor data.`);
  if (!Array.isArray(data)) throw badRequest(`${where}.data should be a list of values.`);
  const values = Array.isArray(data[0]) ? flatten(where, shape, data) : data;
  if (values.length !== size) {
    throw badRequest(
      `${where}: the shape [${shape.join(', ')}] takes ${size} values, but data has ${values.length}.`,
    );
  }
  const range = ranges[dtype];
  if (!range || dtype === 'int64') {
    for (let i = 0; i < values.length; i++) checkValue(where, i, dtype, values[i]);
    return NdArray.of(dtype, shape, values as number[]);
  }
  const [least, greatest] = range;
  const array = new NdArray(dtype, shape);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest))
      checkValue(where, i, dtype, value);
    array.data[i] = value as number;
  }
  return array;
}

/** The elements of lists nested as deep as the shape, in row-major order. */
function flatten(where: string, shape: readonly number[], data: readonly unknown[]): unknown[] {
  const flat: unknown[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (depth === shape.length) {
      flat.push(value);
      return;
    }
    if (!Array.isArray(value) || value.length !== shape[depth]) {
      throw badRequest(`${where}.data is nested, but not as the shape [${shape.join(', ')}] says.`);
    }
    for (const item of value) collect(item, depth + 1);
  };
  collect(data, 0);
  return flat;
}

function checkValue(where: string, i: number, dtype: DType, value: unknown): void {
  if (dtype === 'bool') {
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) {
      throw badRequest(`${where}.data[${i}] should be true or false, but it is ${quoted(value)}.`);
    }
    return;
  }
  if (isFloat(dtype)) {
    const held = typeof value === 'number' ? (dtype === 'float32' ? Math.fround(value) : value) : Number.NaN;
    if (!Number.isFinite(held)) {
      throw badRequest(
        `${where}.data[${i}] should be a number that ${datatypes[dtype]} can hold, but it is ${quoted(value)}.`,
      );
    }
    return;
  }
  const [least, greatest] = ranges[dtype]!;
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > greatest) {
    throw badRequest(
      `${where}.data[${i}] should be a whole number from ${least} to ${greatest} (${datatypes[dtype]}), but it is ${quoted(value)}.`,
    );
  }
}

/** The elements of an array as JSON can hold them. @throws ServiceError 400 where it cannot */
export function jsonValues(name: string, { dtype, data }: NdArray): (number | boolean)[] {
  if (dtype === 'float16') {
    throw badRequest(
      `The output '${name}' is FP16, which cannot be sent as JSON. Ask for it as binary tensor data.`,
    );
  }
  if (dtype === 'bool') return Array.from(data as Uint8Array, Boolean);
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  if (dtype === 'int64' && !numbers.every(Number.isSafeInteger)) {
    throw badRequest(`The output '${name}' has values too large for JSON. Ask for it as binary tensor data.`);
  }
  return numbers;
}

/** The bytes of an array, row-major and little-endian. */
export function rawBytes({ data }: { data: TypedArrayOf[DType] }): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 32 &&
    value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  );
}
