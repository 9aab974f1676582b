import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlatformClient, RunFile } from '../client/client.js';
import { unpack } from '../registry/archive.js';
import { apiPath } from './connection.js';

/** Writes a run's files into a new folder; a model's archive is unpacked into `model`. @returns their paths */
export async function downloadRun(
  client: PlatformClient,
  run: string,
  folder: string,
): Promise<readonly string[]> {
  const there = await stat(folder).catch(() => undefined);
  if (there) throw new Error(`${folder} is there already: nothing is written over. Choose another folder.`);
  const { files } = await client.get<{ files: RunFile[] }>(apiPath('runs', run, 'files'));
  await mkdir(folder, { recursive: true });
  for (const { path } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await client.download(apiPath('runs', run, 'files', path), file);
    if (path !== 'model.tar') continue;
    await mkdir(join(folder, 'model'));
    await unpack(createReadStream(file), join(folder, 'model'));
    await rm(file);
  }
  return files.map(({ path }) => (path === 'model.tar' ? 'model' : path));
}
