// Reads ONNX files, and the data that they keep in files beside them.
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { decodeModel, type ExternalData, type OnnxModel } from '../onnx/decode.js';
import { withExternalData } from '../onnx/external.js';

/**
 * Reads an ONNX file and its external data, which must lie in the same folder or below.
 * @throws Error saying which file is missing, cut off, or outside the folder
 */
export async function readOnnxFile(path: string): Promise<OnnxModel> {
  const folder = dirname(resolve(path));
  return decodeModel(await bytesOf(path), basename(path), { readExternal: (data) => readPart(folder, data) });
}

/**
 * The bytes of an ONNX file with all its data in itself, the external data of the folder taken in, and what it holds.
 * @throws Error as `readOnnxFile` does, or when it would be larger than such a file can be
 */
export async function readWholeOnnxFile(
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly model: OnnxModel }> {
  const folder = dirname(resolve(path));
  const bytes = await bytesOf(path);
  const readExternal = (data: ExternalData): Uint8Array => readPart(folder, data);
  const model = decodeModel(bytes, basename(path), { readExternal });
  return { bytes: withExternalData(bytes, readExternal, basename(path)), model };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      `${path} cannot be read: ${missing ? 'there is no such file' : (error as Error).message}.`,
      { cause: error },
    );
  }
}

function readPart(folder: string, { location, offset, length }: ExternalData): Uint8Array {
  const path = insideOf(folder, location);
  const { size } = statSync(path);
  if (offset + length > size) {
    throw new Error(
      `${location} has ${size} bytes, but a tensor says its data are ${length} bytes at ${offset}: the file is cut off, or not the one that belongs to the model.`,
    );
  }
  const bytes = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    let done = 0;
    while (done < length) {
      const count = readSync(file, bytes, done, Math.min(length - done, 1 << 30), offset + done);
      if (count === 0) throw new Error(`${location} ended while it was read.`);
      done += count;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** The real path of a file in the folder or below. @throws Error when it is missing or lies elsewhere, links followed */
function insideOf(folder: string, location: string): string {
  const outside = (path: string): boolean =>
    path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
  const refuse = (why: string): never => {
    throw new Error(
      `The external data '${location}' ${why}. Data is read from the folder of the ONNX file alone.`,
    );
  };
  if (location === '' || isAbsolute(location) || outside(relative(folder, resolve(folder, location)))) {
    refuse('lies outside the folder of the model');
  }
  let real = '';
  try {
    real = realpathSync(resolve(folder, location));
  } catch {
    refuse('is missing');
  }
  if (outside(relative(realpathSync(folder), real)))
    refuse('leads, by a link, outside the folder of the model');
  if (!statSync(real).isFile()) refuse('is no file');
  return real;
}
