// Writes WebAssembly modules of one function: just what the loops of elementwise graphs need.
// Format: https://webassembly.github.io/spec/core/binary; SIMD: https://github.com/WebAssembly/simd.

/** Types of values. */
export const valueTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

export type ValueType = keyof typeof valueTypes;

/** Instructions by name: plain ones, and those behind the SIMD prefix 0xfd. */
export const opcodes = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  branch: [0x0c],
  branchIf: [0x0d],
  localGet: [0x20],
  localSet: [0x21],
  localTee: [0x22],
  i32Const: [0x41],
  f32Const: [0x43],
  i32LessUnsigned: [0x49],
  i32Equalzero: [0x45],
  i32Add: [0x6a],
  v128Load: [0xfd, 0x00],
  v128Store: [0xfd, 0x0b],
  v128BitSelect: [0xfd, 0x52],
  f32x4Splat: [0xfd, 0x13],
  f32x4GreaterThan: [0xfd, 0x44],
  f32x4Absolute: [0xfd, 0xe0, 0x01],
  f32x4Negate: [0xfd, 0xe1, 0x01],
  f32x4SquareRoot: [0xfd, 0xe3, 0x01],
  f32x4Add: [0xfd, 0xe4, 0x01],
  f32x4Subtract: [0xfd, 0xe5, 0x01],
  f32x4Multiply: [0xfd, 0xe6, 0x01],
  f32x4Divide: [0xfd, 0xe7, 0x01],
  f32x4Minimum: [0xfd, 0xe8, 0x01],
  f32x4Maximum: [0xfd, 0xe9, 0x01],
} as const satisfies Record<string, readonly number[]>;

export type Opcode = keyof typeof opcodes;

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

/** A small signed number in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** The bytes of a float. */
export function float(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
};

/**
 * A module with one exported function, `run`, over a memory that it imports as `memory.memory`.
 * @param locals types of the function's locals, behind its parameters
 * @param body the function's instructions, without the last `end`
 */
export function encodeModule(
  parameters: readonly ValueType[],
  locals: readonly ValueType[],
  body: readonly number[],
): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...vector(parameters.map((name) => [valueTypes[name]])), 0];
  const declared = vector(locals.map((name) => [1, valueTypes[name]]));
  const code = [...declared, ...body, ...opcodes.end];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([type])),
    ...section(2, vector([[...text('memory'), ...text('memory'), 0x02, 0x00, 0x00]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text('run'), 0x00, 0x00]])),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}
