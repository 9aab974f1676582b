import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How far a download is. */
export interface DownloadProgress {
  /** Name of the file being fetched. */
  readonly file: string;
  /** Bytes that have come. */
  readonly received: number;
  /** Bytes there are in all, where the server says. */
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** What the content's sha256 must be, in hexadecimal. */
  readonly sha256: string;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file, checks its sha256, and puts it in its place only when it is whole: a reader never sees half a file.
 *
 * @param urls where the file is; the next is tried when one fails
 * @param file where to put it; missing folders are made
 * @throws Error that names the reason for each address, when none gave the right content
 */
export async function download(
  urls: readonly string[],
  file: string,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const failures: string[] = [];
  for (const url of urls) {
    const part = `${file}.${randomUUID()}.part`;
    try {
      await fetchTo(url, part, options);
      await rename(part, file);
      return;
    } catch (error) {
      await rm(part, { force: true });
      options.signal?.throwIfAborted();
      failures.push(`  ${url}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    `${basename(file)} could not be downloaded:\n${failures.join('\n')}\n` +
      `Check the network, or put the file at ${file} yourself.`,
  );
}

async function fetchTo(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { sha256, onProgress, signal } = options;
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok || response.body === null) {
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
  }
  const length = response.headers.get('content-length');
  const total = length === null || response.headers.has('content-encoding') ? undefined : Number(length);
  const file = basename(new URL(url).pathname);
  const hash = createHash('sha256');
  let received = 0;
  await pipeline(
    Readable.fromWeb(response.body),
    async function* watch(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        received += chunk.length;
        onProgress?.({ file, received, total });
        yield chunk;
      }
    },
    createWriteStream(part),
  );
  if (total !== undefined && received !== total) {
    throw new Error(`the connection broke off after ${received} of ${total} bytes`);
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw new Error(`the content's sha256 is ${found}, where ${sha256} was expected`);
}

/** The message of an error and of what caused it: fetch says 'fetch failed' and hides the reason below. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
