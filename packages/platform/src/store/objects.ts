import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What is stored, by what it is. */
export interface StoredObject {
  /** sha256 of the content, in hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Contents of files, each kept once under its sha256. */
export interface ObjectStore {
  /** Keeps a content; what is there already is not written again. */
  put(content: Uint8Array | Readable): Promise<StoredObject>;
  has(sha256: string): Promise<boolean>;
  /** Bytes of a content as it lies there; undefined when it is not there. */
  sizeOf(sha256: string): Promise<number | undefined>;
  /** Opens a content for reading. @throws Error when it is not there */
  read(sha256: string): Promise<Readable>;
  delete(sha256: string): Promise<void>;
  /** All that is stored. */
  list(): AsyncIterable<StoredObject & { readonly modified: Date }>;
}

/** An object store in a folder. A content appears under its name once it is whole and on the disk. */
export function folderObjects(folder: string): ObjectStore {
  const pathOf = (sha256: string): string => join(folder, requireSha256(sha256).slice(0, 2), sha256);
  return {
    async put(content) {
      const { path: temporary, ...object } = await writeIncoming(folder, content);
      const path = pathOf(object.sha256);
      await mkdir(join(path, '..'), { recursive: true });
      await rename(temporary, path);
      return object;
    },
    has: (sha256) =>
      access(pathOf(sha256)).then(
        () => true,
        () => false,
      ),
    sizeOf: (sha256) =>
      stat(pathOf(sha256)).then(
        ({ size }) => size,
        () => undefined,
      ),
    async read(sha256) {
      const path = pathOf(sha256);
      await access(path).catch((cause: unknown) => {
        throw new Error(`The content ${sha256} is missing from the store.`, { cause });
      });
      return createReadStream(path);
    },
    delete: (sha256) => rm(pathOf(sha256), { force: true }),
    async *list() {
      const folders = await readdir(folder).catch(() => []);
      for (const part of folders.filter((name) => /^[0-9a-f]{2}$/.test(name))) {
        for (const sha256 of await readdir(join(folder, part))) {
          const { size, mtime } = await stat(join(folder, part, sha256));
          yield { sha256, size, modified: mtime };
        }
      }
    },
  };
}

/** @throws Error for what is none, and no name of a content */
export function requireSha256(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`'${text}' is no sha256.`);
  return text;
}

/** Writes a content into a file of its own below a folder, where it is whole and on the disk. A content that breaks off leaves nothing. */
export async function writeIncoming(
  folder: string,
  content: Uint8Array | Readable,
): Promise<StoredObject & { readonly path: string }> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  const path = join(incoming, randomUUID());
  try {
    return { path, ...(await writeHashed(path, content)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function writeHashed(path: string, content: Uint8Array | Readable): Promise<StoredObject> {
  const hash = createHash('sha256');
  let size = 0;
  const source = content instanceof Readable ? content : Readable.from([content]);
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx' }),
  );
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
  return { sha256: hash.digest('hex'), size };
}
