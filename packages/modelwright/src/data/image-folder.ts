import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { NdArray } from '../graph/array.js';
import { Dataset } from './dataset.js';
import type { LabelledImage } from './idx.js';
import { type DecodeOptions, decodeImage } from './images.js';
import type { SkippedFile } from './source.js';

export interface ImageFolderOptions extends DecodeOptions {
  /** Which files are pictures, by the end of their names in lower case; see `imageExtensions`. */
  readonly extensions?: readonly string[];
  /** The classes in the order of their targets; by default the folders' names, sorted. Other folders are refused. */
  readonly classNames?: readonly string[];
  /** Bytes of decoded pictures to keep in memory, 1 GiB by default; the rest is decoded again whenever it is read. */
  readonly memoryBudget?: number;
  /** Called for each file that is left out. */
  readonly onSkip?: (skipped: SkippedFile) => void;
  /** Called as files are checked. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What `imageFolder` takes for a picture. */
export const imageExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.gif',
  '.avif',
  '.tif',
  '.tiff',
  '.pgm',
  '.ppm',
];

interface ImageFile {
  readonly file: string;
  readonly target: number;
  /** What tells this file from another or from an earlier state of it. */
  readonly identity: string;
}

/**
 * A folder of pictures, one folder a class (`<class>/<file>`), as `{ input: uint8 [channels, height, width], target: int32 [] }`.
 *
 * Classes and files are sorted by name. Every picture is decoded once on opening, several at a time and off the main
 * thread: one that is broken, or a file that is no picture, is left out, named and counted in `skipped`, so that
 * training does not fail on it later. Hidden files are passed over. Examples share memory: never write into them.
 *
 * @throws Error when there is no class folder, when a class has no picture left, or when a class is not expected
 */
export async function imageFolder(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<Dataset<LabelledImage>> {
  const classNames = await findClasses(folder, options.classNames);
  const skipped: SkippedFile[] = [];
  const candidates: ImageFile[] = [];
  for (const [target, name] of classNames.entries()) {
    const { files, others } = await listClass(folder, name, target, options.extensions ?? imageExtensions);
    candidates.push(...files);
    skipped.push(...others);
  }
  const { kept, broken } = await verify(candidates, options);
  skipped.push(...broken);
  for (const each of skipped) options.onSkip?.(each);
  const files = kept.map(({ file }) => file);
  const images = kept.map(({ image }) => image);
  if (options.classNames === undefined) requireEveryClass(folder, classNames, files, skipped);

  const example = (input: NdArray, index: number): LabelledImage => ({
    input,
    target: NdArray.of('int32', [], [files[index]!.target]),
  });
  return new Dataset<LabelledImage>({
    length: files.length,
    at: (index) => {
      const image = images[index];
      if (image !== undefined) return example(image, index);
      return decodeImage(files[index]!.file, options).then((decoded) => example(decoded, index));
    },
    label: (index) => files[index]!.target,
    fingerprint: async () => {
      const hash = createHash('sha256');
      for (const { target, identity } of files) hash.update(`${classNames[target]}/${identity}\n`);
      return hash.digest('hex');
    },
    classNames,
    skipped,
  });
}

/**
 * A folder with `train/<class>/<file>` and perhaps `test/<class>/<file>`, or with `<class>/<file>` alone: then all of it
 * is for training. The classes are those of the training part; the test part may lack some, but has no others.
 */
export async function imageFolders(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<{ readonly train: Dataset<LabelledImage>; readonly test?: Dataset<LabelledImage> }> {
  const folders = await listFolders(folder);
  if (!folders.includes('train')) return { train: await imageFolder(folder, options) };
  const train = await imageFolder(join(folder, 'train'), options);
  if (!folders.includes('test')) return { train };
  const classNames = train.classNames ?? [];
  return { train, test: await imageFolder(join(folder, 'test'), { ...options, classNames }) };
}

async function listFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Error(`${folder} cannot be read as a folder of pictures.`, { cause });
  });
  const visible = names.filter((name) => !name.startsWith('.')).sort();
  const entries = await Promise.all(visible.map((name) => stat(join(folder, name))));
  return visible.filter((_, i) => entries[i]!.isDirectory());
}

async function findClasses(
  folder: string,
  expected: readonly string[] | undefined,
): Promise<readonly string[]> {
  const found = await listFolders(folder);
  if (found.length === 0) {
    throw new Error(
      `${folder} has no class folders. Put the pictures of each class into a folder named after it: ` +
        `${join(folder, 'cat', '1.jpg')}, ${join(folder, 'dog', '1.jpg')}.`,
    );
  }
  const unknown = found.filter((name) => expected !== undefined && !expected.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `${folder} has folders that are no known class: ${unknown.join(', ')}. Known: ${expected?.join(', ')}.`,
    );
  }
  return expected ?? found;
}

async function listClass(
  folder: string,
  className: string,
  target: number,
  extensions: readonly string[],
): Promise<{ files: ImageFile[]; others: SkippedFile[] }> {
  const files: ImageFile[] = [];
  const others: SkippedFile[] = [];
  const names = await readdir(join(folder, className)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // an expected class that this part of the data lacks
    throw error;
  });
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const file = join(folder, className, name);
    const extension = extname(name).toLowerCase();
    const entry = await stat(file);
    if (entry.isDirectory()) others.push({ file, reason: 'a folder within a class folder' });
    else if (!extensions.includes(extension)) {
      others.push({ file, reason: `'${extension}' is not among the extensions of pictures` });
    } else files.push({ file, target, identity: `${name} ${entry.size} ${entry.mtimeMs}` });
  }
  return { files, others };
}

type Verified = { readonly file: ImageFile; readonly image: NdArray | undefined };

/** Decodes every file; keeps those that can be decoded, and their pixels as far as the memory budget goes. */
async function verify(
  files: readonly ImageFile[],
  options: ImageFolderOptions,
): Promise<{ kept: Verified[]; broken: SkippedFile[] }> {
  let memory = options.memoryBudget ?? 2 ** 30;
  let done = 0;
  const check = async (file: ImageFile): Promise<Verified | SkippedFile> => {
    try {
      const decoded = await decodeImage(file.file, options);
      if (decoded.byteLength > memory) return { file, image: undefined };
      memory -= decoded.byteLength;
      return { file, image: decoded };
    } catch (error) {
      return { file: file.file, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      options.onProgress?.({ done: ++done, total: files.length });
    }
  };
  const results = await Promise.all(files.map(check));
  return {
    kept: results.filter((each): each is Verified => !('reason' in each)),
    broken: results.filter((each): each is SkippedFile => 'reason' in each),
  };
}

function requireEveryClass(
  folder: string,
  classNames: readonly string[],
  files: readonly ImageFile[],
  skipped: readonly SkippedFile[],
): void {
  const present = new Set(files.map(({ target }) => target));
  const empty = classNames.filter((_, target) => !present.has(target));
  if (empty.length === 0) return;
  const reasons = skipped
    .filter(({ file }) => empty.some((name) => file.startsWith(join(folder, name, '/'))))
    .slice(0, 5)
    .map(({ file, reason }) => `\n  ${file}: ${reason}`);
  throw new Error(
    `${folder}: no picture in the class folder${empty.length > 1 ? 's' : ''} ${empty.join(', ')}. ` +
      `Add pictures, or remove the folder.${reasons.length > 0 ? ' Left out were:' : ''}${reasons.join('')}`,
  );
}
