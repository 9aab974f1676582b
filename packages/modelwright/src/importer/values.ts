// What flows between the nodes of an imported graph: tensors, and sizes that are known before anything runs.
import { NdArray, sizeOf } from '../graph/array.js';
import { type DType, isFloat, isInteger } from '../graph/dtype.js';
import { evaluateReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { type Dimension, formatShape, isStatic } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import { constant } from '../primitives/index.js';
import { constantValue } from '../transforms/constantFolding.js';

/** Whole numbers of which some are the sizes of open dimensions: what `Shape` gives, and what is computed from it. */
export class Sizes {
  readonly sizes: readonly Dimension[];
  /** Whether it is one number of no dimensions, and not a list. */
  readonly scalar: boolean;

  constructor(sizes: readonly Dimension[], scalar: boolean) {
    this.sizes = sizes;
    this.scalar = scalar;
  }

  toString(): string {
    return `int64${this.scalar ? '[]' : `[${this.sizes.length}]`} of ${formatShape(this.sizes)}`;
  }
}

export type Value = Tensor | Sizes;

/** More elements than this are not computed while importing. */
const largestFolded = 1 << 16;
/** The largest double that an int64 can hold: what 2^63 - 1, which means 'to the end', becomes. */
const largestWhole = 2 ** 63 - 1024;

/** Sizes as a value: a constant where all are known. */
export function fromSizes(sizes: readonly Dimension[], scalar: boolean): Value {
  if (!isStatic(sizes)) return new Sizes(sizes, scalar);
  return constant(NdArray.of('int64', scalar ? [] : [sizes.length], sizes));
}

/** The array a value holds, if it is known while importing. */
export function knownArray(value: Value): NdArray | undefined {
  return value instanceof Sizes ? undefined : constantValue(value);
}

/** The numbers a value holds, if they are known or sizes of open dimensions. */
export function knownSizes(value: Value): readonly Dimension[] | undefined {
  if (value instanceof Sizes) return value.sizes;
  const array = value.rank <= 1 ? constantValue(value) : undefined;
  return array && array.size <= largestFolded ? array.toNumbers() : undefined;
}

/** A float16 word as a number. */
function fromHalf(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 0x1f;
  const fraction = word & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

/** How a dtype of the file is held here: half precision as single. */
export const heldDtype = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype);

/** An array of the file as it is held here. */
export function heldArray(array: NdArray): NdArray {
  if (array.dtype !== 'float16') return array;
  return NdArray.of('float32', array.shape, Array.from(array.data as ArrayLike<number>, fromHalf));
}

/** An array in single precision, whatever kind of float it was. */
export function singlePrecision(array: NdArray): NdArray<'float32'> {
  const held = heldArray(array);
  if (held.dtype === 'float32') return held as NdArray<'float32'>;
  return NdArray.of('float32', held.shape, held.data as Float64Array);
}

/**
 * Computes a tensor that depends on constants alone, by the reference rules. A tensor that depends on more, or is large, stays
 * as it is.
 */
export function fold(tensor: Tensor): Tensor {
  const { node, shape, dtype } = tensor;
  if (!node || node.primitive.name === 'constant' || !isStatic(shape)) return tensor;
  if (!(sizeOf(shape) <= largestFolded) || !node.inputs.every((x) => x.node)) return tensor;
  const inputs = node.inputs.map((x) => constantValue(fold(x)));
  if (!inputs.every((array) => array !== undefined && array.size <= largestFolded)) return tensor;
  const stands = inputs.map(
    (array) => new Tensor({ dtype: array!.dtype, shape: array!.shape }, { label: '' }),
  );
  const rebuilt = node.primitive.infer(stands, node.attributes);
  const outputs: Tensor[] = [];
  const copy = { ...node, inputs: stands, outputs };
  for (const [output, type] of rebuilt.entries()) outputs.push(new Tensor(type, { node: copy, output }));
  const [result] = evaluateReference(
    new Graph(stands, [outputs[tensor.output]!]),
    inputs.map((array) => ({ shape: array!.shape, data: Float64Array.from(array!.toNumbers()) })),
  );
  // Quotients of whole numbers are cut off, as ONNX Runtime cuts them.
  const data = isInteger(dtype)
    ? result!.data.map((x) => Math.min(Math.trunc(x), largestWhole))
    : result!.data;
  return constant(NdArray.of(dtype, shape, data));
}

/** @throws TypeError for a value that is no float */
export function requireFloat(tensor: Tensor, what: string): Tensor {
  if (!isFloat(tensor.dtype)) throw new TypeError(`${what} is ${tensor}, but floats are expected.`);
  return tensor;
}
