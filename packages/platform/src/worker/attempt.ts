import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainEvent } from 'modelwright/tasks';
import { ClientError, type Job, type PlatformClient } from '../client/client.js';
import { RunRecorder } from '../client/recorder.js';
import type { Outcome } from '../jobs/index.js';
import { AttemptClient } from './attemptClient.js';
import { CheckpointSync } from './checkpointSync.js';
import { JobProcess } from './jobProcess.js';
import type { Persistence } from './persistence.js';
import { deliver, prepare } from './prepare.js';
import { ProgressMeter } from './progress.js';
import type { Assignment, Ended } from './protocol.js';

/** How a worker does jobs. */
export interface AttemptOptions {
  readonly client: PlatformClient;
  readonly persistence: Persistence;
  /** Name of the worker. */
  readonly name: string;
  /** Folder for what lies about while a job is done. */
  readonly folder: string;
  /** The folder that paths of jobs must be in. Default: jobs may name no paths. */
  readonly dataRoot?: string | undefined;
  /** The script of the process that does a job. */
  readonly entry: string;
  /** Milliseconds that a job gets to stop in. */
  readonly grace: number;
  /** Milliseconds between two signs of life. */
  readonly renewEvery: number;
  /** Milliseconds between two looks for checkpoints. */
  readonly syncEvery: number;
  readonly onNote: (text: string) => void;
}

/** Milliseconds that a worker that stops waits for a platform that is away; the job then goes to another when its lease ends. */
const patience = 5000;

/**
 * Does a job that was claimed, from what an earlier attempt has left to what the platform is told at the end.
 * @param stopping fires when the worker is to stop: the job is given back
 */
export async function doJob(job: Job, options: AttemptOptions, stopping: AbortSignal): Promise<void> {
  const { onNote } = options;
  const attempt = new JobAttempt(job, options);
  const stop = (): void => attempt.stop('released');
  stopping.addEventListener('abort', stop);
  if (stopping.aborted) stop();
  onNote(`Job ${job.id} (${job.name}), attempt ${job.attempt}: begun.`);
  const told = (text: string): void => onNote(`Job ${job.id} (${job.name}), attempt ${job.attempt}: ${text}`);
  try {
    const { status, error } = await attempt.run();
    const why = status === 'finished' || error === null ? '.' : `: ${error}`;
    told(`${status === 'queued' ? 'given back' : status}${why}`);
  } catch (error) {
    if (attempt.lost?.status !== 409) throw error;
    told(`lost. ${attempt.lost.message}`);
  } finally {
    stopping.removeEventListener('abort', stop);
    await rm(attempt.folder, { recursive: true, force: true });
  }
}

/** What the log says of an event; notes are there already. */
function lineOf(event: TrainEvent): string | undefined {
  if (event.kind === 'start') {
    const { model, parameters, examples, epochs } = event;
    return `${model}: ${parameters} parameters, ${examples.train} examples, ${epochs} epochs.`;
  }
  if (event.kind !== 'epoch') return undefined;
  const { epoch, seconds, train, validation = {} } = event.record;
  const held = Object.entries(validation).map(([name, value]) => [`validation ${name}`, value] as const);
  const metrics = [...Object.entries(train), ...held].map(
    ([name, value]) => `${name} ${Number(value.toPrecision(4))}`,
  );
  return `Epoch ${epoch}: ${metrics.join(', ')}, ${seconds.toFixed(1)} s.`;
}

/** Whether the platform no longer listens to this attempt: another one has the job, or the key is no longer good. */
function isRefusal(error: unknown): error is ClientError {
  return error instanceof ClientError && [401, 403, 409].includes(error.status ?? 0);
}

/** One attempt at a job. */
class JobAttempt {
  /** For what lies about. */
  readonly folder: string;
  /** Why the job is no longer this attempt's. */
  lost: ClientError | undefined;
  readonly #options: AttemptOptions;
  readonly #platform: AttemptClient;
  readonly #meter = new ProgressMeter();
  /** Fires when the job is no longer this attempt's: nothing more needs telling. */
  readonly #over = new AbortController();
  #stopped: 'cancelled' | 'released' | undefined;
  #process: JobProcess | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(job: Job, options: AttemptOptions) {
    this.folder = join(options.folder, `job-${randomUUID()}`);
    this.#options = options;
    this.#platform = new AttemptClient(job, options.client, options.persistence, this.#over.signal);
  }

  /** Stops it after a checkpoint. */
  stop(why: 'cancelled' | 'released'): void {
    if (this.#stopped) return;
    this.#stopped = why;
    const { grace } = this.#options;
    this.#process?.stop(grace);
    if (why !== 'released') return;
    this.#patience = setTimeout(() => this.#over.abort(new Error('The platform is away.')), grace + patience);
  }

  async run(): Promise<Job> {
    const renewing = setInterval(() => void this.#renew(), this.#options.renewEvery);
    try {
      const recorder = await this.#begin();
      const outcome = await this.#work(recorder);
      await recorder.end('finished'); // sends what is left; the run ends with the job
      return await this.#platform.end(outcome);
    } catch (error) {
      if (isRefusal(error)) this.#lose(error);
      throw error;
    } finally {
      clearInterval(renewing);
      clearTimeout(this.#patience);
    }
  }

  #begin(): Promise<RunRecorder> {
    const { job } = this.#platform;
    return RunRecorder.begin(this.#platform.sink(), {
      name: job.name,
      environment: { worker: this.#options.name, job: job.id },
      usage: () => this.#process?.usage ?? { processorSeconds: 0, memory: 0 },
      onFault: (error) => isRefusal(error) && this.#lose(error),
    });
  }

  /** Keeps the job; one sign of life that is not heard is no matter. */
  async #renew(): Promise<void> {
    try {
      const { cancel } = await this.#platform.renew(this.#meter.progress);
      if (cancel) this.stop('cancelled');
    } catch (error) {
      if (isRefusal(error)) this.#lose(error);
    }
  }

  #lose(error: ClientError): void {
    this.lost ??= error;
    this.#process?.kill();
    this.#over.abort(this.lost);
  }

  async #work(recorder: RunRecorder): Promise<Outcome> {
    const log = (text: string): void => recorder.log(text);
    log(`Attempt ${this.#platform.job.attempt}, on ${this.#options.name}.`);
    try {
      await mkdir(this.folder, { recursive: true });
      const assignment = await prepare(this.#platform, this.folder, this.#options.dataRoot, log);
      const ended = await this.#supervise(assignment, recorder);
      if (ended.kind === 'finished') {
        if (ended.result.metrics) recorder.result(ended.result.metrics);
        await deliver(this.#platform, assignment);
        return { outcome: 'finished', result: ended.result };
      }
      if (ended.kind === 'stopped' || this.#stopped) {
        const outcome = this.#stopped ?? 'released';
        log(outcome === 'cancelled' ? 'Cancelled.' : 'The worker stops, and gives the job back.');
        return { outcome };
      }
      log(ended.error);
      return { outcome: 'failed', error: ended.error, retry: ended.retry };
    } catch (error) {
      if (this.lost || isRefusal(error)) throw this.lost ?? error;
      const { message, syscall } = error as NodeJS.ErrnoException;
      log(message);
      return { outcome: 'failed', error: message, retry: syscall !== undefined }; // the system may do better: a full disk
    }
  }

  /** Lets a process do the work, and sends the checkpoints that it writes. */
  async #supervise(assignment: Assignment, recorder: RunRecorder): Promise<Ended> {
    const { entry, grace, syncEvery } = this.#options;
    const sync = new CheckpointSync(this.#platform, assignment.checkpoints, join(this.folder, 'aside'), () =>
      recorder.flush(),
    );
    const process = new JobProcess(entry, assignment, {
      onTold: (told) => {
        if (told.kind === 'share') this.#meter.onShare(told.share);
        if (told.kind !== 'event') return;
        this.#meter.onEvent(told.event);
        recorder.onEvent(told.event);
        const line = lineOf(told.event);
        if (line !== undefined) recorder.log(line);
      },
      onLine: (text) => recorder.log(text),
    });
    this.#process = process;
    recorder.log(`Process ${process.id}.`);
    if (this.#stopped) process.stop(grace);
    const syncing = setInterval(() => void sync.sync().catch(() => undefined), syncEvery);
    const ended = await process.ended.finally(() => clearInterval(syncing));
    if (this.lost) throw this.lost;
    if (ended.kind !== 'finished') await sync.sync();
    return ended;
  }
}
