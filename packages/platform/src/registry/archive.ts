import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, Unpack } from 'tar';
import { InputError } from '../errors.js';

/** A folder as a tar archive. */
export function packFolder(folder: string): Readable {
  return Readable.from(create({ cwd: folder, portable: true, gzip: false }, ['.']));
}

/** A file, or a folder with all that is in it, as a tar archive. Links are followed. */
export function packPath(path: string): Readable {
  const whole = resolve(path);
  return Readable.from(
    create({ cwd: dirname(whole), portable: true, follow: true }, [`./${basename(whole)}`]),
  );
}

/** What an archive may hold. */
export interface ArchiveBounds {
  /** The most files and folders. Default: 2,000. */
  readonly entries?: number;
  /** The most bytes of its files, unpacked. Default: as many as there are. */
  readonly bytes?: number;
}

/**
 * Unpacks a tar archive, compressed with gzip or not, into a new folder below `parent`, lends it to `use`, and deletes it.
 * @throws InputError when the archive is cut off, is none, holds anything but files and folders, or more than it may
 */
export async function withUnpacked<Result>(
  archive: Readable,
  parent: string,
  bounds: ArchiveBounds,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(parent, `upload-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    await unpack(archive, folder, bounds);
    return await use(folder).catch((error: Error) => {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(error.message.replaceAll(folder, 'The archive'), { cause: error });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Unpacks a tar archive, compressed with gzip or not, into a folder.
 * @throws InputError as withUnpacked
 */
export async function unpack(
  archive: Readable,
  folder: string,
  { entries: mostEntries = 2000, bytes: mostBytes = Number.POSITIVE_INFINITY }: ArchiveBounds = {},
): Promise<void> {
  let [entries, bytes] = [0, 0];
  const unpacked = new Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    filter(_path, entry) {
      if (++entries > mostEntries) throw new InputError(`The archive has more than ${mostEntries} entries.`);
      bytes += entry.size;
      if (bytes > mostBytes)
        throw new InputError(`The archive's files are larger than the ${mostBytes} bytes that are taken.`);
      if (
        'type' in entry &&
        entry.type !== 'File' &&
        entry.type !== 'OldFile' &&
        entry.type !== 'Directory'
      ) {
        throw new InputError(`The archive holds a ${entry.type}; files and folders alone are taken.`);
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
    const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    if (isFull || cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`The archive cannot be unpacked; it may be cut off, or no tar archive: ${reason}`, {
      cause,
    });
  }
  if (!ended) throw new InputError('The archive is cut off: the mark of its end is missing. Send it again.');
}
