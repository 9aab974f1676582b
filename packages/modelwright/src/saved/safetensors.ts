// The safetensors format (https://huggingface.co/docs/safetensors): the length of a header as a little-endian 64-bit number,
// the header as JSON, then the elements of all tensors without gaps.
import { NdArray, sizeOf } from '../graph/array.js';
import { bytesPerElement, type DType, typedArrayOf } from '../graph/dtype.js';

/** Tensors by name, and notes about them. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

const codes: Record<DType, string> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  int8: 'I8',
  uint32: 'U32',
  uint8: 'U8',
  bool: 'BOOL',
};
const dtypeOf = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

/** As in the reference implementation: a longer header is taken for a broken file. */
const maximumHeader = 100_000_000;

/**
 * Tensors as the bytes of a safetensors file. Wider dtypes come first, so that every tensor is aligned; then by name.
 * @throws TypeError for a tensor named `__metadata__`, which the format keeps for itself
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  if (tensors.has('__metadata__'))
    throw new TypeError("writeSafetensors: no tensor may be called '__metadata__'.");
  const sorted = [...tensors].sort(
    ([a, { dtype: left }], [b, { dtype: right }]) =>
      bytesPerElement(right) - bytesPerElement(left) || (a < b ? -1 : a > b ? 1 : 0),
  );
  let end = 0;
  const entries = sorted.map(([name, { dtype, shape, byteLength }]) => {
    const begin = end;
    end += byteLength;
    return [name, { dtype: codes[dtype], shape, data_offsets: [begin, end] }] as const;
  });
  // Written by hand and not as one object, which would take a tensor called '7' out of order and '__proto__' for its own.
  const fields = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  if (Object.keys(metadata).length > 0) fields.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8 + json.length, 8 + headerLength);
  bytes.set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors in the bytes of a safetensors file. They share no memory with the bytes.
 * @param where how messages name the file
 * @throws Error saying what is wrong, when the bytes are cut off, or not such a file, or contradict themselves
 */
export function readSafetensors(bytes: Uint8Array, where = 'safetensors'): Safetensors {
  const headerLength = readHeaderLength(bytes, bytes.length, where);
  const { entries, metadata } = readHeader(
    bytes.subarray(8, 8 + headerLength),
    bytes.length - 8 - headerLength,
    where,
  );
  const data = bytes.subarray(8 + headerLength);
  return {
    tensors: new Map(
      entries.map(({ name, dtype, shape, begin, end }) => {
        const copy = new Uint8Array(data.subarray(begin, end)); // Not slice(), which in a Buffer copies nothing.
        const elements = new (typedArrayOf(dtype))(copy.buffer);
        return [name, new NdArray(dtype, shape, elements)];
      }),
    ),
    metadata,
  };
}

/** The length of the header, from the first 8 bytes of a file of `size` bytes. @throws Error when it cannot be */
export function readHeaderLength(start: Uint8Array, size: number, where: string): number {
  if (start.length < 8)
    throw broken(where, `it has ${size} bytes, fewer than the 8 that every such file begins with`);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > maximumHeader)
    throw broken(where, `it says that its header has ${length} bytes: this is no such file`);
  if (Number(length) > size - 8) {
    throw broken(where, `its header has ${length} bytes, but only ${size - 8} follow: it is cut off`);
  }
  return Number(length);
}

/** Where a tensor is: offsets count from the end of the header. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The entries that a header lists, in the order of their data, checked against the number of bytes that follow it. */
export function readHeader(
  header: Uint8Array,
  dataLength: number,
  where: string,
): { entries: readonly SafetensorsEntry[]; metadata: Readonly<Record<string, string>> } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
  } catch (error) {
    throw broken(where, 'its header is not JSON', error);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw broken(where, 'its header is not an object');
  const { __metadata__: metadata = {}, ...fields } = json as Record<string, unknown>;
  if (!isTextRecord(metadata)) throw broken(where, "its '__metadata__' is not a record of text");
  const entries = Object.entries(fields)
    .map(([name, value]) => readEntry(name, value, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) {
      const wrong = begin < expected ? 'overlaps the one before it' : 'leaves a gap before it';
      throw broken(where, `tensor '${name}' ${wrong}`);
    }
    expected = end;
  }
  if (expected > dataLength) {
    throw broken(
      where,
      `its tensors take ${expected} bytes, but only ${dataLength} follow the header: it is cut off`,
    );
  }
  if (expected < dataLength) {
    throw broken(where, `its tensors take ${expected} bytes, but ${dataLength} follow the header`);
  }
  return { entries, metadata };
}

function readEntry(name: string, value: unknown, where: string): SafetensorsEntry {
  const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const dtype = dtypeOf.get(code as string);
  if (dtype === undefined) {
    const known = [...dtypeOf.keys()].join(', ');
    throw broken(
      where,
      `tensor '${name}' has dtype ${JSON.stringify(code)}, where one of ${known} can be read`,
    );
  }
  if (!isCounts(shape)) throw broken(where, `tensor '${name}' has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw broken(where, `tensor '${name}' has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  const needed = sizeOf(shape) * bytesPerElement(dtype);
  if (end - begin !== needed) {
    throw broken(
      where,
      `tensor '${name}', ${code}[${shape.join(', ')}], takes ${needed} bytes, but has ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

function broken(where: string, reason: string, cause?: unknown): Error {
  return new Error(`${where} cannot be read as safetensors: ${reason}.`, { cause });
}
