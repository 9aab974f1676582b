import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What this process has locked. In a container each start has the same number, so that the number alone says nothing. */
const held = new Set<string>();

/**
 * Makes sure that one process alone works with a folder. The lock of a process that is gone counts for nothing.
 * @returns what gives the folder free
 * @throws Error naming the process that has it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(resolve(folder), 'lock');
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      held.add(path);
      return () => rm(path, { force: true }).finally(() => held.delete(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 3) throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner === process.pid ? held.has(path) : owner > 0 && isAlive(owner)) {
      throw new Error(
        `${folder} is in use by the process ${owner}. Stop it first, or choose another folder with --folder.`,
      );
    }
    await rm(path, { force: true });
  }
}

/** Whether there is a process of this number. */
export function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
