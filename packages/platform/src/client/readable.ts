import { readdir } from 'node:fs/promises';

/** The files of a model's folder that are kept with the run that made it: what people read. */
export async function readableFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => /\.(md|svg|json)$/.test(name));
}
