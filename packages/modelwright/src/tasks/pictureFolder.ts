// Folders of pictures without classes.
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Dataset } from '../data/dataset.js';
import { findIdx, idxFiles } from '../data/idx.js';
import { imageExtensions } from '../data/image-folder.js';
import { decodeImage } from '../data/images.js';
import { NdArray } from '../graph/array.js';
import { sizedBy } from './image-classification/images.js';

/**
 * The pictures of a folder and the folders in it, by their paths below it, sorted. Links are followed.
 * @throws Error when the folder cannot be read, or holds no picture
 */
export async function picturesIn(folder: string): Promise<string[]> {
  const names = await picturesBelow(folder, '', new Set()).catch((cause: unknown) => {
    throw new Error(`${folder} cannot be read as a folder of pictures.`, { cause });
  });
  if (names.length > 0) return names.sort();
  throw new Error(
    `${folder} holds no picture. Pictures are files that end in ${imageExtensions.join(', ')}.`,
  );
}

/** @param seen folders by their true paths: links may lead in circles */
async function picturesBelow(folder: string, path: string, seen: Set<string>): Promise<string[]> {
  const here = await realpath(join(folder, path));
  if (seen.has(here)) return [];
  seen.add(here);
  const found: string[] = [];
  for (const name of await readdir(here)) {
    if (name.startsWith('.')) continue;
    const entry = await stat(join(here, name)).catch(() => undefined);
    if (entry?.isDirectory()) found.push(...(await picturesBelow(folder, join(path, name), seen)));
    else if (entry?.isFile() && imageExtensions.includes(extname(name).toLowerCase()))
      found.push(join(path, name));
  }
  return found;
}

/** Whether this is a folder of pictures, and neither a data set known by name nor files in MNIST's layout. */
export async function isPictureFolder(source: string): Promise<boolean> {
  const entry = await stat(source).catch(() => undefined);
  return entry?.isDirectory() === true && (await findIdx(source, idxFiles.train.images)) === undefined;
}

/**
 * The pictures of a folder and the folders in it, stretched to one size, as examples `{ input, target: 0 }`.
 * @param onSkip told of each that is damaged, which is left out
 * @throws Error when there is none that can be read
 */
export async function readPictures(
  folder: string,
  { channels, size }: { readonly channels: number; readonly size: readonly [number, number] },
  onSkip: (reason: string) => void,
): Promise<{ names: string[]; images: Dataset }> {
  const fit = await sizedBy(channels, size);
  const names: string[] = [];
  const images: { input: NdArray; target: NdArray }[] = [];
  for (const name of await picturesIn(folder)) {
    try {
      const picture = await decodeImage(join(folder, name), { channels: channels === 1 ? 1 : 3 });
      images.push({ input: await fit(picture), target: NdArray.of('int32', [], [0]) });
      names.push(name);
    } catch (error) {
      onSkip((error as Error).message);
    }
  }
  if (names.length === 0) throw new Error(`${folder} holds no picture that can be read.`);
  return { names, images: Dataset.from(images) as Dataset };
}
