import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deathOf, errorOf, openingTime, overtime, type RunLimits, startLimited } from '../runtime/limits.js';
import { processRuntime } from '../runtime/process.js';
import type { ThreadRuntime } from '../runtime/thread.js';
import { currentFolder } from './atomic.js';

/** The ONNX files of a saved model, and how many bytes they have together. */
export async function onnxFilesOf(directory: string): Promise<{ paths: readonly string[]; bytes: number }> {
  const folder = join(await currentFolder(directory), 'onnx');
  const names = await readdir(folder).catch((): string[] => []);
  const paths = names.filter((name) => name.endsWith('.onnx')).map((name) => join(folder, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return { paths, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** A runtime for a saved model that nobody vouches for: its files run in a process of their own, whose memory and time are bounded. */
export async function limitedRuntime(directory: string, limits: RunLimits): Promise<ThreadRuntime> {
  return processRuntime(limits, (await onnxFilesOf(directory)).bytes);
}

/**
 * Tries a saved model that nobody vouches for, in a process of its own: reads and checks its ONNX files, opens them, and runs the model once
 * on zeros.
 * @throws Error saying what is wrong; LimitError when that takes more than it may
 */
export async function tryModel(directory: string, limits: RunLimits): Promise<void> {
  const { bytes } = await onnxFilesOf(directory);
  const main = new URL('./trialMain.js', import.meta.url);
  const child = startLimited(main, [directory], limits, bytes);
  const { timeout } = limits;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (timeout !== undefined) {
        const time = openingTime(timeout);
        timer = setTimeout(() => reject(overtime(time)), time);
      }
      child.on('error', reject);
      child.on('exit', (code, signal) => reject(deathOf(code, signal, limits)));
      child.on('message', ({ error }: { readonly error?: string }) => {
        if (error === undefined) resolve();
        else reject(errorOf(error, limits));
      });
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
