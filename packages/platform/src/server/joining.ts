import { NdArray, typedArrayOf } from 'modelwright/runtime';
import type { ModelConfig, TensorSpec } from 'modelwright/saved';

/** Arrays by the names of a model's inputs or outputs. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** What must agree for inputs to be joined: all but the first dimension. */
export function keyOf(inputs: Arrays): string {
  let key = '';
  for (const name in inputs) {
    const { shape } = inputs[name]!;
    for (let axis = 1; axis < shape.length; axis++) key += `${shape[axis]},`;
    key += ';';
  }
  return key;
}

/** How many examples inputs hold that may be joined: the size of their first dimension. */
export function rowsOf(inputs: Arrays): number {
  for (const name in inputs) return inputs[name]!.shape[0]!;
  return 0;
}

/** The inputs of requests one behind the other along their first dimension. */
export function joinInputs(requests: readonly Arrays[]): Record<string, NdArray> {
  const names = Object.keys(requests[0]!);
  return Object.fromEntries(names.map((name) => [name, join(requests.map((inputs) => inputs[name]!))]));
}

/** Outputs in parts of so many rows along their first dimension. @throws RangeError when they are not all of them */
export function partOutputs(outputs: Arrays, rows: readonly number[]): Record<string, NdArray>[] {
  const parted = rows.map((): Record<string, NdArray> => ({}));
  for (const [name, output] of Object.entries(outputs))
    for (const [i, own] of part(output, rows).entries()) parted[i]![name] = own;
  return parted;
}

function join(arrays: readonly NdArray[]): NdArray {
  const { dtype, shape } = arrays[0]!;
  const rows = arrays.reduce((sum, array) => sum + array.shape[0]!, 0);
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let position = 0;
  for (const { data } of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return new NdArray(dtype, [rows, ...shape.slice(1)], new (typedArrayOf(dtype))(bytes.buffer));
}

function part({ dtype, shape, data }: NdArray, rows: readonly number[]): NdArray[] {
  const total = rows.reduce((sum, each) => sum + each, 0);
  if (shape[0] !== total) throw new RangeError(`The output has ${shape[0]} rows, not ${total}.`);
  const inner = shape.slice(1);
  const size = data.length / total;
  let start = 0;
  return rows.map((count) => {
    const own = data.slice(start * size, (start + count) * size);
    start += count;
    return new NdArray(dtype, [count, ...inner], own);
  });
}

/**
 * Why a model's requests cannot be joined; undefined where they can: all inputs and outputs have the same open dimension first, and no
 * other place has it.
 */
export function whyNotJoined({ inputs, outputs }: ModelConfig): string | undefined {
  const batch = inputs[0]?.shape[0];
  if (typeof batch !== 'string') return `the first dimension of its input '${inputs[0]?.name}' is not open`;
  const wrong = [...inputs, ...outputs].find((spec) => !isBatched(spec, batch));
  return wrong && `its '${wrong.name}' is not open in '${batch}' along the first dimension alone`;
}

const isBatched = ({ shape }: TensorSpec, batch: string): boolean =>
  shape[0] === batch && !shape.slice(1).includes(batch);
