import { NdArray, sizeOf } from '../graph/array.js';
import { type TypedArray, typedArrayOf } from '../graph/dtype.js';

/** Named arrays that belong together, such as `{ input, target }`, and `weight` where examples count unequally. */
export type Example = Readonly<Record<string, NdArray>>;

/** Whether the value is a record of arrays. */
export function isExample(value: unknown): value is Example {
  if (typeof value !== 'object' || value === null || value instanceof NdArray) return false;
  return Object.values(value).every((item) => item instanceof NdArray);
}

/** Row `row` of an array `[rows, ...]`: an array `[...]`, its elements copied. */
export function rowOf(array: NdArray, row: number): NdArray {
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  return new NdArray(array.dtype, shape, array.data.slice(row * size, (row + 1) * size) as TypedArray);
}

/** The chosen rows of an array `[rows, ...]`, in that order: `[chosen, ...]`. */
export function gatherRows(array: NdArray, rows: ArrayLike<number>): NdArray {
  const shape = array.shape.slice(1);
  const size = sizeOf(shape);
  const data = new (typedArrayOf(array.dtype))(rows.length * size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    copyInto(data, array.data.subarray(row * size, (row + 1) * size), i * size);
  }
  return new NdArray(array.dtype, [rows.length, ...shape], data);
}

/**
 * Examples of equal shapes as one, with a leading batch axis: n times `{ input: [...] }` become `{ input: [n, ...] }`.
 *
 * @param first index of the first example in its dataset, for the error's text
 * @throws TypeError when an example lacks a name or has another dtype; RangeError when shapes differ
 */
export function stackExamples(examples: readonly Example[], first = 0): Example {
  const model = examples[0];
  if (model === undefined) throw new RangeError('batch: there is no example to stack.');
  const names = Object.keys(model);
  examples.forEach((example, i) => {
    const found = isExample(example) ? Object.keys(example) : undefined;
    if (found === undefined || found.length !== names.length || !names.every((name) => name in example)) {
      throw new TypeError(
        `batch: element ${first} has the arrays {${names.join(', ')}}, but element ${first + i} ` +
          `${found === undefined ? 'is not a record of arrays' : `has {${found.join(', ')}}`}. ` +
          'Every element needs the same names; map() the dataset, or give batch() a collate function.',
      );
    }
  });
  const stackOne = (name: string): NdArray => {
    const { dtype, shape, size } = model[name]!;
    const data = new (typedArrayOf(dtype))(examples.length * size);
    examples.forEach((example, i) => {
      const array = example[name]!;
      if (array.dtype !== dtype) {
        throw new TypeError(
          `batch: '${name}' is ${dtype} in element ${first}, but ${array.dtype} in element ${first + i}. ` +
            'Use one dtype for all elements.',
        );
      }
      if (array.shape.length !== shape.length || array.shape.some((n, axis) => n !== shape[axis])) {
        throw new RangeError(
          `batch: '${name}' has the shape [${shape.join(', ')}] in element ${first}, but ` +
            `[${array.shape.join(', ')}] in element ${first + i}; a batch needs equal shapes. ` +
            'For images, resize() them to one size before batch().',
        );
      }
      copyInto(data, array.data, i * size);
    });
    return new NdArray(dtype, [examples.length, ...shape], data);
  };
  return Object.fromEntries(names.map((name) => [name, stackOne(name)]));
}

/** `target.set(source, offset)` for arrays known to hold the same kind of element. */
function copyInto(target: TypedArray, source: TypedArray, offset: number): void {
  if (target instanceof BigInt64Array) target.set(source as BigInt64Array, offset);
  else target.set(source as Exclude<TypedArray, BigInt64Array>, offset);
}
