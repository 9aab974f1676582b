import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { NdArray, sizeOf } from '../graph/array.js';
import { bytesPerElement, type DType, typedArrayOf } from '../graph/dtype.js';
import { Dataset } from './dataset.js';
import type { TrainTest } from './split.js';

/** Pictures and their classes: uint8 `[channels, height, width]` and int32 `[]`, each with a batch axis once batched. */
export type LabelledImage = { readonly input: NdArray; readonly target: NdArray };

/** The element types an IDX file can have, by the code in its third byte. */
const idxTypes: Readonly<Record<number, DType>> = {
  8: 'uint8',
  9: 'int8',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};

/**
 * Decodes an IDX file, the format of MNIST: two zero bytes, the element type, the number of dimensions, each dimension
 * as a big-endian 32-bit integer, then the elements, big-endian.
 *
 * @param name what to call the file in an error
 * @throws Error when the bytes are not such a file, or too few, or too many
 */
export function decodeIdx(bytes: Uint8Array, name = 'the data'): NdArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new Error(
      `${name} is not an IDX file: it starts with '${start}', where two zero bytes were expected.`,
    );
  }
  const code = view.getUint8(2);
  const rank = view.getUint8(3);
  const dtype = idxTypes[code];
  if (dtype === undefined) {
    const known = Object.entries(idxTypes).map(([each, type]) => `0x0${Number(each).toString(16)} (${type})`);
    throw new Error(
      `${name}: the element type 0x${code.toString(16).padStart(2, '0')} is not supported; ` +
        `expected one of ${known.join(', ')}.`,
    );
  }
  const headerLength = 4 + 4 * rank;
  if (bytes.length < headerLength) {
    throw new Error(
      `${name} is cut off: its header takes ${headerLength} bytes, but there are ${bytes.length}.`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const width = bytesPerElement(dtype);
  const expected = sizeOf(shape) * width;
  const found = bytes.length - headerLength;
  if (found !== expected) {
    throw new Error(
      `${name} ${found < expected ? 'is cut off' : 'is too long'}: its header says [${shape.join(', ')}] of ${dtype}, ` +
        `${expected} bytes, but ${found} bytes follow the header. Fetch the file again.`,
    );
  }
  const content = new Uint8Array(expected);
  content.set(bytes.subarray(headerLength));
  if (width > 1) for (let i = 0; i < expected; i += width) content.subarray(i, i + width).reverse();
  return new NdArray(dtype, shape, new (typedArrayOf(dtype))(content.buffer));
}

/** Reads an IDX file, gzipped or not (told by its content, not by its name). */
export async function readIdx(file: string): Promise<NdArray> {
  const bytes = await readFile(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return decodeIdx(bytes, file);
  const unzipped = await promisify(gunzip)(bytes).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} cannot be unzipped (${reason}); it may be cut off. Fetch the file again.`, {
      cause,
    });
  });
  return decodeIdx(unzipped, file);
}

/**
 * The images and labels of a pair of IDX files as a dataset of `{ input: uint8 [1, height, width], target: int32 [] }`.
 *
 * @param classNames labels must be below their number
 * @throws Error when the two do not fit together, or a label is out of range
 */
export async function idxPair(
  imageFile: string,
  labelFile: string,
  classNames: readonly string[],
): Promise<Dataset<LabelledImage>> {
  const [images, labels] = await Promise.all([readIdx(imageFile), readIdx(labelFile)]);
  const [count, height, width] = images.shape;
  if (images.dtype !== 'uint8' || images.shape.length !== 3) {
    throw new Error(
      `${imageFile} holds ${images.dtype} [${images.shape.join(', ')}], but images are uint8 [count, height, width].`,
    );
  }
  if (labels.dtype !== 'uint8' || labels.shape.length !== 1) {
    throw new Error(
      `${labelFile} holds ${labels.dtype} [${labels.shape.join(', ')}], but labels are uint8 [count].`,
    );
  }
  if (labels.size !== count) {
    throw new Error(
      `${imageFile} has ${count} images, but ${labelFile} has ${labels.size} labels; they do not belong together.`,
    );
  }
  const classes = labels.toNumbers();
  const wrong = classes.findIndex((label) => label >= classNames.length);
  if (wrong !== -1) {
    throw new Error(
      `${labelFile}: label ${wrong} is ${classes[wrong]}, but there are ${classNames.length} classes ` +
        `(0 to ${classNames.length - 1}). Give as many classNames as the data has classes.`,
    );
  }
  const arrays = {
    input: images.reshape([count!, 1, height!, width!]),
    target: NdArray.of('int32', [count!], classes),
  };
  return Dataset.fromArrays(arrays).withClassNames(classNames);
}

/** The path of an IDX file in a folder, gzipped or not; undefined when there is none. */
export async function findIdx(folder: string, name: string): Promise<string | undefined> {
  for (const file of [join(folder, name), join(folder, `${name}.gz`)]) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

/** The files of the MNIST layout, without `.gz`. */
export const idxFiles = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

const digitNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * A folder laid out like MNIST: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
 * `t10k-labels-idx1-ubyte`, each gzipped (`.gz`) or not.
 *
 * @param options.classNames '0' to '9' by default
 * @throws Error when a file is missing or broken
 */
export async function idxFolder(
  folder: string,
  options: { readonly classNames?: readonly string[] } = {},
): Promise<TrainTest<LabelledImage>> {
  const find = async (name: string): Promise<string> => {
    const file = await findIdx(folder, name);
    if (file === undefined) {
      throw new Error(`${folder} has no file '${name}' or '${name}.gz', which the MNIST layout needs.`);
    }
    return file;
  };
  const open = async ({
    images,
    labels,
  }: {
    images: string;
    labels: string;
  }): Promise<Dataset<LabelledImage>> =>
    idxPair(await find(images), await find(labels), options.classNames ?? digitNames);
  const [train, test] = await Promise.all([open(idxFiles.train), open(idxFiles.test)]);
  return { train, test };
}
