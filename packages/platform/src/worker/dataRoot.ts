import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';

/**
 * What a job names as data: the name of a data set as it is; a path within the folder that a worker takes data from, as the path that it
 * leads to. Relative paths begin there.
 * @throws Error for a path that leads elsewhere, by a link too; and for any where there is no such folder
 */
export async function withinRoot(given: string, root: string | undefined): Promise<string> {
  const isName = !/[\\/]/.test(given) && given !== '.' && given !== '..';
  if (root === undefined) {
    if (isName) return given;
    throw new Error(
      `The worker reads no paths such as ${given}: send the data (--upload), name a data set, or let whoever runs the worker give it a folder with data (--data-root).`,
    );
  }
  const folder = await realpath(root).catch((cause: unknown) => {
    throw new Error(`The worker's folder with data, ${root}, cannot be read.`, { cause });
  });
  const path = resolve(folder, given);
  if (!isWithin(folder, path) && !isWithin(resolve(root), path)) throw outside(given, root);
  const actual = await realpath(path).catch((cause: unknown) => {
    if (isName) return undefined; // of a data set, or of nothing, as the task will say
    throw new Error(`There is no ${given} in the worker's folder with data, ${root}.`, { cause });
  });
  if (actual === undefined) return given;
  if (!isWithin(folder, actual)) throw outside(given, root);
  return isName ? join(folder, given) : actual;
}

const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
};

const outside = (given: string, root: string): Error =>
  new Error(
    `${given} lies outside the worker's folder with data, ${root}: send the data (--upload), or put it there.`,
  );
