import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { NdArray } from '../../graph/array.js';
import { readModelFolder } from '../../saved/folder.js';
import { readSafetensors, writeSafetensors } from '../../saved/safetensors.js';
import { Gallery } from './gallery.js';
import { HnswIndex, indexLibrary, NoIndexLibraryError } from './hnsw.js';

const galleryFile = 'gallery.safetensors';
export const indexFile = 'gallery.usearch';
const tensorName = 'embeddings';

/** Galleries of so many pictures have an index unless something else is asked for: comparing with all takes as long as making an embedding. */
export const indexedFrom = 20_000;

/** How the pictures of a saved gallery are found: by comparing all, or by an index. */
export type GalleryIndex = 'exact' | 'hnsw';

/** @throws Error when it is no such way; NoIndexLibraryError when it asks for an index where there is no library for it */
export async function checkGalleryIndex(index: string | undefined): Promise<void> {
  if (index === 'hnsw') await indexLibrary();
  else if (index !== undefined && index !== 'exact') {
    throw new Error(`There is no index '${index}' for galleries. There is exact and hnsw.`);
  }
}

/** How a gallery is saved. */
export interface SaveGalleryOptions {
  /** Default: `hnsw` from 20,000 pictures on where there is the library for it. */
  readonly index?: GalleryIndex | undefined;
  /** Told what a person should know. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** The files of a gallery in a model's folder: its embeddings, which know the index that was made of them, and the index. */
export async function galleryFiles(
  { names, embeddings }: Gallery,
  { index = names.length < indexedFrom ? 'exact' : 'hnsw', onNote }: SaveGalleryOptions = {},
): Promise<Record<string, Uint8Array>> {
  const indexed = index === 'hnsw' ? await encodedIndex(embeddings, onNote) : undefined;
  const metadata = { names: JSON.stringify(names), ...(indexed && { index: digestOf(indexed) }) };
  return {
    [galleryFile]: writeSafetensors(new Map([[tensorName, embeddings]]), metadata),
    ...(indexed && { [indexFile]: indexed }),
  };
}

/** An index of embeddings; undefined where none can be made, which is no reason to lose what they were made with. */
async function encodedIndex(
  embeddings: NdArray<'float32'>,
  onNote: SaveGalleryOptions['onNote'],
): Promise<Uint8Array | undefined> {
  onNote?.(`Making an index of the gallery's ${embeddings.shape[0]} pictures.`);
  try {
    return await (await HnswIndex.of(embeddings)).encode();
  } catch (error) {
    onNote?.(`The gallery has no index, all its pictures are compared: ${(error as Error).message}`);
    return undefined;
  }
}

/** How a saved gallery is opened. */
export interface OpenGalleryOptions {
  /**
   * Whether all pictures are compared although there is an index. An index is read by a native library that trusts it: where nobody vouches
   * for the model's files, this must be true. Default: false.
   */
  readonly exact?: boolean | undefined;
  /** Told why all pictures are compared where there should be an index. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/**
 * Opens the gallery of a saved model.
 * @throws Error when it is missing or damaged, or its index is
 */
export async function openSavedGallery(model: string, options: OpenGalleryOptions = {}): Promise<Gallery> {
  const { directory } = await readModelFolder(model);
  const path = join(directory, galleryFile);
  const content = await readFile(path).catch((cause: unknown) => {
    throw new Error(`${model} has no ${galleryFile}. Save or copy the model again.`, { cause });
  });
  const { tensors, metadata } = readSafetensors(content, path);
  const embeddings = tensors.get(tensorName);
  const names = namesFrom(metadata.names);
  if (embeddings?.dtype !== 'float32' || !names) {
    throw new Error(`${path} holds no gallery. Save or copy the model again.`);
  }
  const rows = embeddings as NdArray<'float32'>;
  if (metadata.index === undefined || options.exact) return new Gallery(names, rows);
  const index = await openIndex(join(directory, indexFile), metadata.index, rows.shape, options.onNote);
  return new Gallery(names, rows, index);
}

/** A list of names as JSON; undefined where it is none. */
function namesFrom(text: string | undefined): string[] | undefined {
  try {
    const names: unknown = JSON.parse(text ?? '');
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error when the file is damaged, or not the index that was made of embeddings of this shape and had this digest */
async function openIndex(
  path: string,
  digest: string,
  shape: readonly number[],
  onNote: OpenGalleryOptions['onNote'],
): Promise<HnswIndex | undefined> {
  const withoutIt = 'All pictures of the gallery are compared, which is exact and slower';
  const found = await digestOfFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) {
    onNote?.(`${withoutIt}: there is no ${path}.`);
    return undefined;
  }
  const refuse = (reason: string, cause?: unknown): never => {
    throw new Error(
      `${path} cannot be used: ${reason}. Copy the model again, or delete this file, and all pictures are compared.`,
      { cause },
    );
  };
  if (found !== digest) refuse('it is damaged, cut off, or the index of another gallery');
  try {
    return await HnswIndex.open(path, shape);
  } catch (error) {
    if (!(error instanceof NoIndexLibraryError)) return refuse((error as Error).message, error);
    onNote?.(`${withoutIt}. ${error.message}`);
    return undefined;
  }
}

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The digest of a file that may be as large as memory is. */
async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
