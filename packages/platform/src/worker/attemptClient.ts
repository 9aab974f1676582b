import type { Job, PlatformClient, RunFile } from '../client/client.js';
import { type RunSink, wireLines, wirePoints } from '../client/sink.js';
import type { Outcome } from '../jobs/index.js';
import { packFolder } from '../registry/archive.js';
import type { JobProgress } from '../store/jobSchema.js';
import type { Persistence } from './persistence.js';

/** Speaks to the platform for one attempt at a job. What it tells is told until it is heard, or the job is another attempt's. */
export class AttemptClient {
  readonly job: Job;
  readonly client: PlatformClient;
  readonly #persistence: Persistence;
  readonly #signal: AbortSignal;

  /** @param signal ends all waiting for the platform */
  constructor(job: Job, client: PlatformClient, persistence: Persistence, signal: AbortSignal) {
    this.job = job;
    this.client = client;
    this.#persistence = persistence;
    this.#signal = signal;
  }

  path(...rest: readonly string[]): string {
    const { id, attempt } = this.job;
    return `/api/jobs/${id}/attempts/${attempt}/${rest.map(encodeURIComponent).join('/')}`;
  }

  ask<Result>(request: () => Promise<Result>): Promise<Result> {
    return this.#persistence.ask(request, this.#signal);
  }

  /** Asks once: the next time is soon enough. */
  renew(progress?: JobProgress): Promise<{ readonly cancel: boolean }> {
    return this.client.post(this.path('renew'), { ...(progress && { progress }) });
  }

  async checkpoint(): Promise<readonly RunFile[]> {
    const { files } = await this.ask(() => this.client.get<{ files: RunFile[] }>(this.path('checkpoint')));
    return files;
  }

  /** @returns the contents that must be sent first */
  async keepCheckpoint(files: readonly RunFile[]): Promise<readonly string[]> {
    const { missing } = await this.ask(() =>
      this.client.put<{ missing: string[] }>(this.path('checkpoint'), { files }),
    );
    return missing;
  }

  sendContent(file: string): Promise<void> {
    return this.ask(() => this.client.send('PUT', this.path('contents'), file));
  }

  receiveContent(sha256: string, file: string): Promise<void> {
    return this.ask(() => this.client.download(this.path('contents', sha256), file));
  }

  /** Writes the archive of data that was sent for the job into a file. */
  receiveData(file: string): Promise<void> {
    return this.ask(() => this.client.download(this.path('data'), file));
  }

  /** Writes the version that the job asks into a new folder. */
  version(folder: string): Promise<void> {
    return this.ask(() => this.client.unpack(this.path('version'), folder));
  }

  /** Keeps a file with the job's run. */
  sendFile(path: string, file: string): Promise<void> {
    return this.ask(() => this.client.send('PUT', this.path('files', path), file));
  }

  /** Publishes a model's folder as the job wants it. @returns the version */
  async publish(folder: string): Promise<number> {
    const { version } = await this.ask(() =>
      this.client.send<{ version: number }>(
        'POST',
        this.path('model'),
        packFolder(folder),
        'application/x-tar',
      ),
    );
    return version;
  }

  end(outcome: Outcome): Promise<Job> {
    return this.ask(() => this.client.post<Job>(this.path('end'), outcome));
  }

  /** The job's run, as a recorder tells it. It ends with the job. */
  sink(): RunSink {
    const tell = (what: string, body: object): Promise<void> =>
      this.ask(() => this.client.post(this.path(what), body));
    return {
      begin: ({ environment = {} }) =>
        this.ask(() => this.client.post<{ id: string; lines: number }>(this.path('run'), { environment })),
      points: async (_run, points) => {
        if (points.length > 0) await tell('points', wirePoints(points));
      },
      lines: async (_run, lines, first) => {
        if (lines.length > 0) await tell('lines', wireLines(lines, first));
      },
      file: (_run, path, content) =>
        this.ask(() => this.client.send('PUT', this.path('files', path), content)),
      end: async () => undefined,
    };
  }
}
