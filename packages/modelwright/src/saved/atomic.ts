import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Writes a file so that a reader finds either the earlier content or the new one, whole: into a file beside it, flushed to
 * the disk, then renamed. When writing fails, the earlier file stays. Missing folders are made.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(resolve(path));
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.new-${randomUUID()}`);
  try {
    await writeFileSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Replaces a folder as a whole: `fill` writes the new one beside it; only when that has succeeded does it take the place of
 * the earlier one. When `fill` fails, or the process ends at any moment, the earlier folder can still be had whole: in its
 * place, or, when the end came between the two renames that swap them, through `currentFolder`.
 */
export async function replaceFolder(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => resolve(path));
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const temporary = join(parent, `.${basename(target)}.new-${randomUUID()}`);
  try {
    await mkdir(temporary);
    await fill(temporary);
    await syncFolder(temporary);
    await swap(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(parent);
}

async function swap(temporary: string, target: string): Promise<void> {
  const earlier = earlierName(target);
  const existed = await exists(target);
  if (existed) {
    await rm(earlier, { recursive: true, force: true });
    await rename(target, earlier);
  }
  try {
    await rename(temporary, target);
  } catch (error) {
    if (existed) await rename(earlier, target);
    throw error;
  }
  await rm(earlier, { recursive: true, force: true });
}

/**
 * Where a folder is to be read: in its place, or, after a replacement that was interrupted between its two renames, where
 * the earlier one was set aside. The next replacement puts that right.
 */
export async function currentFolder(path: string): Promise<string> {
  const earlier = earlierName(resolve(path));
  return !(await exists(path)) && (await exists(earlier)) ? earlier : path;
}

/** Writes a file, making its folder, and waits until it is on the disk. */
export async function writeFileSynced(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder last through a power cut; Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function earlierName(target: string): string {
  return join(dirname(target), `.${basename(target)}.earlier`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
