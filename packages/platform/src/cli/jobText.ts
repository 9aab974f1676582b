// Jobs for people.
import type { Job, PlatformClient } from '../client/client.js';
import { momentText } from './connection.js';
import { lineText } from './logText.js';
import { fields, metricsText, writeNote } from './output.js';

/** A time for people: 1 h 5 min, 3 min 20 s, 12 s. */
export function secondsText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Status, and how far it is. */
export function stateText({ status, progress, cancelRequested, attempt, failures }: Job): string {
  if (status === 'queued' && failures > 0) return `queued again after attempt ${attempt}`;
  if (status !== 'running') return status;
  if (cancelRequested) return 'stopping';
  return progress ? `running, ${Math.floor(100 * progress.share)}%` : 'running';
}

/** How far a job is, in a line. */
export function progressText(progress: NonNullable<Job['progress']>): string {
  const { share, secondsLeft, epoch, epochs, step, stepsPerEpoch, metrics } = progress;
  return [
    `${Math.floor(100 * share)}%`,
    ...(epoch === undefined ? [] : [`epoch ${epoch}/${epochs}`, `step ${step}/${stepsPerEpoch}`]),
    ...(secondsLeft === undefined ? [] : [`${secondsText(secondsLeft)} left`]),
    ...(metrics ? [metricsText(metrics)] : []),
  ].join(', ');
}

/** A job, what it does and what came of it. */
export function jobText(job: Job): string {
  const { data, model, version, publish, progress, result, error, run, worker } = job;
  const known = (name: string, text: string | null | undefined): [string, string][] =>
    text ? [[name, text]] : [];
  return fields([
    ['job', job.id],
    ['name', job.name],
    ['does', `${job.kind} ${job.task}`],
    ['status', stateText(job)],
    ...known('error', error),
    ...known('progress', job.status === 'running' && progress ? progressText(progress) : undefined),
    ...known('model', model && `${model.name}@${model.version}`),
    ...known('data', typeof data === 'string' ? data : data && `${data.name}, uploaded`),
    ['parameters', JSON.stringify(job.parameters)],
    ...known('published', version === null ? publish && `to be ${publish}` : `${publish}@${version}`),
    ...known('metrics', result?.metrics && metricsText(result.metrics)),
    ...known(
      'inputs',
      result?.failures === undefined ? undefined : `${result.examples}, of which ${result.failures} failed`,
    ),
    ['attempt', `${job.attempt}${worker ? `, on ${worker}` : ''}`],
    ...known('run', run),
    ['submitted', `${momentText(job.createdAt)}, by ${job.submittedBy}`],
    ...known(
      'tried again',
      job.status === 'queued' && job.failures > 0 ? momentText(job.availableAt) : undefined,
    ),
    ...known('began', momentText(job.startedAt)),
    ...known('ended', momentText(job.endedAt)),
  ]);
}

/** Writes how a job goes on until it is over. @param quiet whether to write nothing, and only wait */
export async function followJob(client: PlatformClient, id: string, from = 1, quiet = false): Promise<Job> {
  const { watchJob } = await import('../client/watch.js');
  let last: Job | undefined;
  let told = '';
  for await (const event of watchJob(client, id, from)) {
    if (event.event === 'lines') {
      if (!quiet) for (const line of event.lines) process.stdout.write(`${lineText(line)}\n`);
      continue;
    }
    last = event.job;
    const { status, progress } = last;
    const state = status === 'running' && progress ? progressText(progress) : stateText(last);
    if (state !== told && !quiet) writeNote(state);
    told = state;
  }
  return last!;
}
