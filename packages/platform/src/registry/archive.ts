import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, Unpack } from 'tar';
import { InputError } from '../errors.js';

/** A folder as a tar archive. */
export function packFolder(folder: string): Readable {
  return Readable.from(create({ cwd: folder, portable: true, gzip: false }, ['.']));
}

/** The most entries of an archive. */
const mostEntries = 2000;

/**
 * Unpacks a tar archive, compressed with gzip or not, into a new folder below `parent`, lends it to `use`, and deletes it.
 * @throws InputError when the archive is cut off, is none, or holds anything but files and folders
 */
export async function withUnpacked<Result>(
  archive: Readable,
  parent: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(parent, `upload-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    await unpack(archive, folder);
    return await use(folder).catch((error: Error) => {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(error.message.replaceAll(folder, 'The archive'), { cause: error });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpack(archive: Readable, folder: string): Promise<void> {
  let entries = 0;
  const unpacked = new Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    filter(_path, entry) {
      if (++entries > mostEntries) throw new InputError(`The archive has more than ${mostEntries} entries.`);
      if (
        'type' in entry &&
        entry.type !== 'File' &&
        entry.type !== 'OldFile' &&
        entry.type !== 'Directory'
      ) {
        throw new InputError(`The archive holds a ${entry.type}; a model is files and folders alone.`);
      }
      return true;
    },
  });
  let ended = false;
  unpacked.on('eof', () => {
    ended = true;
  });
  try {
    await pipeline(archive, unpacked);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`The archive cannot be unpacked; it may be cut off, or no tar archive: ${reason}`, {
      cause,
    });
  }
  if (!ended) throw new InputError('The archive is cut off: the mark of its end is missing. Send it again.');
}
