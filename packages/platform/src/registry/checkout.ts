import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StateError } from '../errors.js';
import type { ObjectStore } from '../store/index.js';
import type { VersionFile } from '../store/schema.js';
import { digestOf, type Signer } from './signature.js';

/** What a version says of its files. */
export interface VersionContent {
  readonly files: readonly VersionFile[];
  readonly digest: string;
  readonly signature: string | null;
}

/**
 * Writes a version's files to a folder, each checked against its hash; the folder appears once it is whole. A folder that is
 * there already is checked again.
 * @throws StateError when a file or the list of files is not what was published, or the signature is missing or wrong
 */
export async function checkOut(
  objects: ObjectStore,
  version: VersionContent,
  folder: string,
  signer?: Signer,
): Promise<void> {
  requireGenuine(version, signer);
  const there = await stat(folder).catch(() => undefined);
  if (there) {
    for (const file of version.files) await requireContent(createReadStream(join(folder, file.path)), file);
    return;
  }
  const temporary = `${folder}.${randomUUID()}`;
  try {
    for (const file of version.files) {
      const path = join(temporary, file.path);
      await mkdir(dirname(path), { recursive: true });
      await requireContent(await objects.read(file.sha256), file, path);
    }
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

function requireGenuine({ files, digest, signature }: VersionContent, signer: Signer | undefined): void {
  if (digestOf(files) !== digest) {
    throw new StateError('The list of files is not the one that was published. Publish the model again.');
  }
  if (!signer) return;
  if (signature === null)
    throw new StateError('The version is not signed, but a signing key is set. Publish it again.');
  if (!signer.verify(digest, signature)) {
    throw new StateError('The signature is not one of the key that is set. Publish the model again.');
  }
}

/** Reads a content to its end, writing it where a path is given. @throws StateError when it is not the published one */
async function requireContent(
  content: Readable,
  { path, sha256, size }: VersionFile,
  to?: string,
): Promise<void> {
  const hash = createHash('sha256');
  let read = 0;
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      read += chunk.length;
      yield chunk;
    }
  };
  try {
    if (to === undefined) for await (const _ of hashed(content));
    else await pipeline(content, hashed, createWriteStream(to, { flags: 'wx' }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new StateError(`The file ${path} is missing. Publish the model again.`, { cause });
  }
  if (read !== size || hash.digest('hex') !== sha256) {
    throw new StateError(`The file ${path} was changed since it was published. Publish the model again.`);
  }
}
