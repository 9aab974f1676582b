// A job's checkpoints between its folder and the platform.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RunFile } from '../client/client.js';
import type { AttemptClient } from './attemptClient.js';

/** What it asks of the platform. */
export type CheckpointClient = Pick<
  AttemptClient,
  'checkpoint' | 'keepCheckpoint' | 'sendContent' | 'receiveContent'
>;

/**
 * Sends checkpoints as they are written. A training writes each file aside and renames it, so that a hard link to it stays what
 * it was while the next one is written.
 */
export class CheckpointSync {
  readonly #client: CheckpointClient;
  readonly #folder: string;
  readonly #aside: string;
  readonly #beforeKept: () => Promise<void>;
  #sent = '';
  #running: Promise<void> = Promise.resolve();

  /**
   * @param folder of the checkpoints
   * @param aside a folder on the same disk
   * @param beforeKept sends what was told of the steps before: those after a checkpoint are taken again, those before it are not
   */
  constructor(client: CheckpointClient, folder: string, aside: string, beforeKept: () => Promise<void>) {
    this.#client = client;
    this.#folder = folder;
    this.#aside = aside;
    this.#beforeKept = beforeKept;
  }

  /** Sends what was written since the last time. An empty folder is none: a training that is over deletes its checkpoints. */
  sync(): Promise<void> {
    this.#running = this.#running.catch(() => undefined).then(() => this.#sync());
    return this.#running;
  }

  async #sync(): Promise<void> {
    const paths = await filesBelow(this.#folder);
    const state = JSON.stringify(
      await Promise.all(paths.map((path) => signatureOf(join(this.#folder, path)))),
    );
    if (paths.length === 0 || state === this.#sent) return;
    const snapshot = join(this.#aside, randomUUID());
    try {
      const files: RunFile[] = [];
      for (const path of paths) {
        const file = join(snapshot, path);
        await mkdir(dirname(file), { recursive: true });
        await link(join(this.#folder, path), file);
        files.push({ path, ...(await hashOf(file)) });
      }
      await this.#beforeKept();
      for (const sha256 of await this.#client.keepCheckpoint(files)) {
        await this.#client.sendContent(join(snapshot, files.find((file) => file.sha256 === sha256)!.path));
      }
      const missing = await this.#client.keepCheckpoint(files);
      if (missing.length === 0) this.#sent = state;
    } catch (error) {
      // Deleted meanwhile: the training is over, or a new file takes its place. The next time sees it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      await rm(snapshot, { recursive: true, force: true });
    }
  }
}

/** What an earlier attempt left. */
export type Restored = 'nothing' | 'restored' | { readonly damaged: string };

/** Writes a job's last checkpoint into a folder. One that is not what was sent is left out, and said so. */
export async function restoreCheckpoint(client: CheckpointClient, folder: string): Promise<Restored> {
  const files = await client.checkpoint();
  for (const { path, sha256 } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    const damage = await client.receiveContent(sha256, file).then(
      async () => ((await hashOf(file)).sha256 === sha256 ? undefined : `${path} is not what was written`),
      (error: Error & { status?: number }) => {
        if (error.status !== 404) throw error;
        return `${path} is gone`;
      },
    );
    if (damage === undefined) continue;
    await rm(folder, { recursive: true, force: true });
    return { damaged: damage };
  }
  return files.length === 0 ? 'nothing' : 'restored';
}

/** All files of a folder and those below it, by their paths with `/`, without hidden ones, which are not yet whole. */
export async function filesBelow(folder: string, inner = ''): Promise<string[]> {
  const entries = await readdir(join(folder, inner), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

async function signatureOf(file: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(file).catch(() => ({ ino: 0, size: 0, mtimeMs: 0 }));
  return `${file} ${ino} ${size} ${mtimeMs}`;
}

async function hashOf(file: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), size };
}
