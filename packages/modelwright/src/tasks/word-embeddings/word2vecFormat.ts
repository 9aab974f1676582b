// The files of the word2vec program: a header "words dimensions", then each word and its vector.
import { readFile } from 'node:fs/promises';
import { NdArray } from '../../graph/array.js';
import { writeFileAtomic } from '../../saved/atomic.js';
import { Vocabulary } from './vocabulary.js';
import { WordVectors } from './wordVectors.js';

export interface Word2vecOptions {
  /** Whether vectors are float32 little-endian instead of decimal numbers. Default: whether the file's name ends in `.bin`. */
  readonly binary?: boolean | undefined;
}

const [newline, space] = [0x0a, 0x20];

/** Writes word vectors as a file that word2vec, gensim and others read. */
export async function writeWord2vec(
  vectors: WordVectors,
  path: string,
  options: Word2vecOptions = {},
): Promise<void> {
  const { binary = path.endsWith('.bin') } = options;
  await writeFileAtomic(path, binary ? encodeWord2vecBinary(vectors) : encodeWord2vecText(vectors));
}

/**
 * Reads a file of word vectors in the text or the binary format of word2vec.
 * @throws Error naming the file and the line or word where it is not in the format, or cut off
 */
export async function readWord2vec(path: string, options: Word2vecOptions = {}): Promise<WordVectors> {
  const bytes = await readFile(path);
  const { binary = path.endsWith('.bin') } = options;
  return binary ? decodeWord2vecBinary(bytes, path) : decodeWord2vecText(bytes.toString('utf8'), path);
}

/** Word vectors as text: decimal numbers that give the same floats when read. */
export function encodeWord2vecText(vectors: WordVectors): string {
  const rows = vectors.vocabulary.words.map(
    (word) => `${writable(word)} ${Array.from(vectors.vector(word), shortest).join(' ')}\n`,
  );
  return header(vectors) + rows.join('');
}

/** Word vectors as word2vec's binary file. */
export function encodeWord2vecBinary(vectors: WordVectors): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(header(vectors))];
  for (const word of vectors.vocabulary.words) {
    const bytes = Buffer.alloc(4 * vectors.dimensions);
    for (const [i, value] of vectors.vector(word).entries()) bytes.writeFloatLE(value, 4 * i);
    parts.push(Buffer.from(`${writable(word)} `), bytes, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

/** @param where how messages name the file */
export function decodeWord2vecText(text: string, where = 'the file'): WordVectors {
  const lines = text.split('\n');
  const [size, dimensions] = readHeader(lines[0]!, where);
  const words: string[] = [];
  const data = new Float32Array(size * dimensions);
  for (let row = 0; row < size; row++) {
    const line = lines[row + 1];
    if (!line)
      throw new Error(`${where} is cut off: its header promises ${size} words, but after ${row} it ends.`);
    const [word, ...values] = line.trimEnd().split(' ');
    if (values.length !== dimensions) {
      throw new Error(
        `${where}, line ${row + 2}: ${dimensions} numbers should follow the word '${word}', but there are ${values.length}.`,
      );
    }
    for (const [i, value] of values.entries())
      data[row * dimensions + i] = readNumber(value, `${where}, line ${row + 2}`);
    words.push(word!);
  }
  return assemble(words, data, dimensions, where);
}

/** @param where how messages name the file */
export function decodeWord2vecBinary(bytes: Uint8Array, where = 'the file'): WordVectors {
  const end = bytes.indexOf(newline);
  const decoder = new TextDecoder();
  const [size, dimensions] = readHeader(decoder.decode(bytes.subarray(0, end < 0 ? 100 : end)), where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: string[] = [];
  const width = 4 * dimensions;
  if (bytes.length < size * (width + 2)) throw cutOff(where, size, bytes.length);
  const data = new Float32Array(size * dimensions);
  let at = end + 1;
  for (let row = 0; row < size; row++) {
    while (bytes[at] === newline) at++; // some programs end each vector with a line break, some do not
    const gap = bytes.indexOf(space, at);
    if (gap < 0 || gap + 1 + width > bytes.length) throw cutOff(where, size, bytes.length, row);
    words.push(decoder.decode(bytes.subarray(at, gap)));
    for (let i = 0; i < dimensions; i++) data[row * dimensions + i] = view.getFloat32(gap + 1 + 4 * i, true);
    at = gap + 1 + width;
  }
  return assemble(words, data, dimensions, where);
}

function header({ size, dimensions }: WordVectors): string {
  return `${size} ${dimensions}\n`;
}

function readHeader(line: string, where: string): [number, number] {
  const [, size, dimensions] = /^(\d{1,10}) (\d{1,10})\s*$/.exec(line) ?? [];
  if (!(Number(size) > 0 && Number(dimensions) > 0)) {
    throw new Error(
      `${where} does not begin with the header of a word2vec file, "words dimensions" such as "3000 100", but with ` +
        `${JSON.stringify(line.slice(0, 40))}. Files of GloVe have no header: add one.`,
    );
  }
  return [Number(size), Number(dimensions)];
}

function readNumber(text: string, where: string): number {
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw new Error(`${where}: '${text}' is no number.`);
  return value;
}

/** The fewest digits that give the same float32 when read: nine always do. */
function shortest(value: number): string {
  for (const digits of [6, 7, 8]) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function writable(word: string): string {
  if (/[ \n]/.test(word) || word === '')
    throw new Error(
      `The word ${JSON.stringify(word)} holds a space or line break, which word2vec's format cannot.`,
    );
  return word;
}

function cutOff(where: string, words: number, bytes: number, read = 0): Error {
  return new Error(
    `${where} is cut off: its header promises ${words} words, but its ${bytes} bytes end after ${read} or fewer of them.`,
  );
}

function assemble(
  words: readonly string[],
  data: Float32Array<ArrayBuffer>,
  dimensions: number,
  where: string,
): WordVectors {
  try {
    return new WordVectors(
      new Vocabulary(
        words,
        words.map(() => 1),
      ),
      new NdArray('float32', [words.length, dimensions], data),
    );
  } catch (cause) {
    throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
