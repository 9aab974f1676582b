import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Claimed, type ClientOptions, PlatformClient } from '../client/client.js';
import { isAlive } from '../store/lock.js';
import { type AttemptOptions, doJob } from './attempt.js';
import { Persistence } from './persistence.js';

export interface WorkerOptions
  extends ClientOptions,
    Pick<AttemptOptions, 'entry' | 'onNote' | 'dataRoot'>,
    Partial<Pick<AttemptOptions, 'name' | 'grace' | 'renewEvery' | 'syncEvery'>> {
  /** Folder for what lies about while jobs are done. Default: one in the system's folder for such. */
  readonly folder?: string | undefined;
  /** Jobs at the same time. Default: 1. */
  readonly parallel?: number | undefined;
  /** Milliseconds between two questions for work. Default: 1000. */
  readonly pollEvery?: number | undefined;
}

/** Milliseconds to wait for an answer to what is no upload. */
const timeout = 30_000;

/**
 * Does a platform's jobs, one after the other, until the signal fires; then what it has is stopped after a checkpoint and given back.
 * @throws ClientError when the platform refuses the key
 */
export async function runWorker(options: WorkerOptions, stopping: AbortSignal): Promise<void> {
  const {
    name = hostname(),
    grace = 30_000,
    renewEvery = 2000,
    syncEvery = 1000,
    pollEvery = 1000,
  } = options;
  const { entry, onNote, parallel = 1 } = options;
  const client = new PlatformClient({ ...options, timeout });
  const persistence = new Persistence(onNote);
  const folder = await ownFolder(options.folder ?? join(tmpdir(), 'modelwright-worker'));
  const settings = { persistence, name, folder, entry, grace, syncEvery, onNote, dataRoot: options.dataRoot };
  const claim = (): Promise<Claimed> => client.post('/api/jobs/claim', { worker: name });
  let isHeard = false;
  const work = async (): Promise<void> => {
    while (!stopping.aborted) {
      const { job, project, leaseSeconds } = await persistence.ask(claim, stopping);
      if (!isHeard) onNote(`The worker '${name}' waits for jobs of ${client.server}.`);
      isHeard = true;
      const often = Math.min(renewEvery, (1000 * leaseSeconds) / 4);
      if (job && project !== null) {
        const own = new PlatformClient({ ...options, timeout, project });
        await doJob(job, { ...settings, client: own, renewEvery: often }, stopping);
      } else await wait(pollEvery, undefined, { signal: stopping });
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } catch (error) {
    if (!stopping.aborted) throw error; // else the wait for jobs, or for a platform that is away, was broken off
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A folder for this process within a folder for workers, from which those of processes that are gone are deleted. */
async function ownFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
  return mkdtemp(join(parent, `${process.pid}-`));
}
