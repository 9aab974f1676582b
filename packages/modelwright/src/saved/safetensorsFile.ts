import { open } from 'node:fs/promises';
import { sizeOf } from '../graph/array.js';
import { readHeader, readHeaderLength } from './safetensors.js';

/**
 * Checks a safetensors file by its header and its size, without reading the tensors.
 * @returns the number of elements in all tensors
 * @throws Error saying what is wrong, as `readSafetensors` does
 */
export async function checkSafetensorsFile(path: string): Promise<{ readonly elements: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = await file.read(new Uint8Array(8), 0, 8, 0);
    const headerLength = readHeaderLength(start.buffer.subarray(0, start.bytesRead), size, path);
    const header = await file.read(new Uint8Array(headerLength), 0, headerLength, 8);
    const { entries } = readHeader(header.buffer, size - 8 - headerLength, path);
    return { elements: entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0) };
  } finally {
    await file.close();
  }
}
