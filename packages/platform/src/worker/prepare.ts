// What a job needs on the worker's disk before it can begin, and what becomes of what it leaves there.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkpointsOf } from 'modelwright/tasks';
import { readableFiles } from '../client/readable.js';
import { packFolder, unpack } from '../registry/archive.js';
import type { AttemptClient } from './attemptClient.js';
import { filesBelow, restoreCheckpoint } from './checkpointSync.js';
import { withinRoot } from './dataRoot.js';
import type { Assignment } from './protocol.js';

/** The most files of data that was sent for a job. */
const mostDataFiles = 2_000_000;

/** Fetches data, model and last checkpoint into a folder. @throws InputError for data that is no archive */
export async function prepare(
  platform: AttemptClient,
  folder: string,
  dataRoot: string | undefined,
  log: (text: string) => void,
): Promise<Assignment> {
  const { job } = platform;
  const { kind, task, parameters, publish, format, attempt } = job;
  const model = join(folder, publish ?? 'model');
  const checkpoints = checkpointsOf(model);
  const out = join(folder, 'out');
  await mkdir(out, { recursive: true });
  const data = await fetchData(platform, folder, dataRoot);
  if (job.model) await platform.version(model);
  const restored = await restoreCheckpoint(platform, checkpoints);
  if (restored === 'restored') log('It goes on from the last checkpoint.');
  else if (restored !== 'nothing') log(`The checkpoint is damaged (${restored.damaged}): it begins anew.`);
  else if (attempt > 1) log('There is no checkpoint: it begins anew.');
  return {
    ...{ kind, task, parameters, model, out, checkpoints },
    data,
    dataRoot,
    format: format ?? undefined,
  };
}

async function fetchData(
  platform: AttemptClient,
  folder: string,
  dataRoot: string | undefined,
): Promise<string | undefined> {
  const { data } = platform.job;
  if (data === null) return undefined;
  if (typeof data === 'string') return withinRoot(data, dataRoot);
  const archive = join(folder, 'data.tar');
  await platform.receiveData(archive);
  const into = join(folder, 'data');
  await mkdir(into);
  await unpack(createReadStream(archive), into, { entries: mostDataFiles });
  await rm(archive);
  return join(into, data.name);
}

/** Sends what came of a job: files for its run; its model, as a version or as an archive. */
export async function deliver(platform: AttemptClient, assignment: Assignment): Promise<void> {
  const { kind, publish } = platform.job;
  const { model, out } = assignment;
  for (const path of await filesBelow(out)) await platform.sendFile(path, join(out, path));
  if (kind !== 'train') return;
  for (const path of await readableFiles(model)) await platform.sendFile(path, join(model, path));
  if (publish !== null) {
    await platform.publish(model);
    return;
  }
  const archive = `${model}.tar`;
  await pipeline(packFolder(model), createWriteStream(archive));
  await platform.sendFile('model.tar', archive);
}
