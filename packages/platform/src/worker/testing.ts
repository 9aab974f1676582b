// For tests: a platform that answers over HTTP, and workers of it in this process.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from 'modelwright/data';
import { authenticateByKey } from '../access/authenticate.js';
import { Keyring } from '../access/keyring.js';
import { createKey } from '../access/keys.js';
import { Meter } from '../access/meter.js';
import { createApi } from '../api/index.js';
import { parseParameters } from '../cli/jobOptions.js';
import { type Job, type NewJob, PlatformClient } from '../client/client.js';
import { isOver } from '../client/watch.js';
import { expireLeases } from '../jobs/index.js';
import { listenWith } from '../server/serve.js';
import { Deployments } from '../serving/deployments.js';
import type { TestStore } from '../store/testing.js';
import { plainImage } from '../testing.js';
import { runWorker, type WorkerOptions } from './worker.js';

export const entry = fileURLToPath(new URL('../cli/jobMain.js', import.meta.url));

/** A platform on a store, and what tests do with it. */
export class TestPlatform implements AsyncDisposable {
  readonly client: PlatformClient;
  readonly #close: () => Promise<void>;
  /** What stops the workers there were: one of a test that failed must not go on. */
  readonly #workers: (() => Promise<void>)[] = [];

  static async open({ store, folder }: TestStore, lease = 6000): Promise<TestPlatform> {
    const keyring = new Keyring(store.db);
    const meter = new Meter(store.db, console.error);
    const api = createApi({
      store,
      keyring,
      deployments: new Deployments(store, { folder: join(folder, 'deployed') }),
      authenticate: authenticateByKey(store.db, keyring),
      workFolder: join(folder, 'work'),
      maxUploadBytes: 2 ** 26,
      jobs: { lease, checkParameters: parseParameters, isOpen: () => isOpen },
      meter,
    });
    let isOpen = true;
    const look = setInterval(() => void expireLeases(store.db), 200);
    const server = await listenWith(api.fetch, { port: 0 });
    const admin = await createKey(store.db, { project: 'test', name: 'admin', role: 'admin' });
    const { key } = await createKey(store.db, { project: 'test', name: 'developer', role: 'developer' });
    const worker = await createKey(store.db, { project: 'test', name: 'worker', role: 'worker' });
    return new TestPlatform(server.url, key, worker.key, admin.key, async () => {
      isOpen = false;
      clearInterval(look);
      await server.close();
      await meter.close();
    });
  }

  private constructor(
    readonly url: string,
    readonly key: string,
    readonly workerKey: string,
    readonly adminKey: string,
    close: () => Promise<void>,
  ) {
    this.client = new PlatformClient({ server: url, key });
    this.#close = close;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#workers.map((stop) => stop()));
    await this.#close();
  }

  submit(job: NewJob): Promise<Job> {
    return this.client.post('/api/jobs', job);
  }

  job(id: string): Promise<Job> {
    return this.client.get(`/api/jobs/${id}`);
  }

  /** Looks at a job until it is as wanted. @throws Error when it ends otherwise, or takes more than a minute */
  async until(id: string, is: (job: Job) => boolean): Promise<Job> {
    for (let tries = 0; tries < 600; tries++) {
      const job = await this.job(id);
      if (is(job)) return job;
      if (isOver(job)) throw new Error(`The job is ${job.status}: ${job.error}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`The job is still ${JSON.stringify(await this.job(id))}`);
  }

  /** All lines of a job's log. */
  async log(id: string): Promise<string> {
    const { run } = await this.job(id);
    const { lines } = await this.client.get<{ lines: { text: string }[] }>(`/api/runs/${run}/lines`);
    return lines.map(({ text }) => text).join('\n');
  }

  /** A worker in this process, which looks often. @returns what stops it, and waits for that */
  work(more: Partial<WorkerOptions> = {}): () => Promise<void> {
    const stopping = new AbortController();
    const often = { renewEvery: 200, syncEvery: 300, pollEvery: 100 };
    const options = {
      ...{ server: this.url, key: this.workerKey, entry, dataRoot: '/', onNote: () => undefined },
      ...often,
      ...more,
    };
    const working = runWorker(options, stopping.signal);
    working.catch(() => undefined); // told by who stops it
    const stop = (): Promise<void> => {
      stopping.abort();
      return working;
    };
    this.#workers.push(stop);
    return stop;
  }
}

/** A folder of dark and bright pictures, which any network learns to tell apart. */
export async function savePictures(folder: string): Promise<string> {
  for (const [name, from] of [
    ['bright', 190],
    ['dark', 20],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < 20; i++)
      await writeFile(join(folder, name, `${i}.png`), await encodePng(plainImage(from + 2 * i, 3, 12, 12)));
  }
  return folder;
}
