import { type Command, Option } from 'commander';
import type { Job, JobPage } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect, momentText } from '../connection.js';
import { exitStatus, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { followJob, jobText, stateText } from '../jobText.js';
import { linesOfRun, lineText } from '../logText.js';
import { wholeNumber } from '../numbers.js';
import { writeNote, writeResult } from '../output.js';
import { addSubmit } from './jobsSubmit.js';

/** `modelwright jobs`: work that a platform's workers do. */
export function addJobs(program: Command): void {
  const jobs = program.command('jobs').description("work that a platform's workers do");
  addSubmit(jobs);
  addConnection(jobs.command('list').description('list jobs, the newest first'))
    .addOption(
      new Option('--status <status>', 'only those').choices([
        'queued',
        'running',
        'finished',
        'failed',
        'cancelled',
      ]),
    )
    .addOption(new Option('--kind <kind>', 'only those').choices(['train', 'evaluate', 'predict']))
    .option('--limit <n>', 'jobs on a page', wholeNumber(1, 200))
    .option('--after <place>', 'the next page: what the last one said')
    .action(list);
  const ofJob = (name: string, description: string): Command =>
    addConnection(jobs.command(name).description(description).argument('<job>', 'its id'));
  ofJob('show', 'what a job is, how far it is, and what came of it').action(show);
  ofJob('log', 'the lines that a job wrote')
    .option('-f, --follow', 'go on until the job is over')
    .option('--from <n>', 'the first line', wholeNumber(1))
    .action(log);
  ofJob('cancel', 'stop a job; a training that runs keeps a checkpoint').action(cancel);
  ofJob('retry', 'try a job again that failed or was cancelled, from its last checkpoint')
    .option('--fresh', 'begin anew instead')
    .action(retry);
  ofJob('download', 'the files that came of a job')
    .argument('<folder>', 'folder that is not there yet')
    .action(download);
  jobs.addHelpText(
    'after',
    examples([
      'modelwright jobs submit train image-classification --data digits --epochs 3 --publish digits',
      'modelwright jobs submit evaluate digits@champion --data photos-test/ --upload --wait',
      'modelwright jobs submit predict digits --data photos/ --upload --format csv',
      'modelwright jobs log JOB --follow',
    ]),
  );
}

interface ListOptions extends ConnectionOptions {
  readonly status?: string;
  readonly kind?: string;
  readonly limit?: number;
  readonly after?: string;
}

async function list({ status, kind, limit, after, ...options }: ListOptions): Promise<void> {
  const client = await connect(options);
  const page = await client.get<JobPage>('/api/jobs', { status, kind, limit, after });
  const { tableText } = await import('modelwright/report');
  writeResult(options, page, () =>
    page.jobs.length === 0
      ? 'There are no such jobs. Submit one: modelwright jobs submit --help'
      : tableText([
          ['id', 'name', 'kind', 'task', 'status', 'submitted', 'worker'],
          ...page.jobs.map((job) => [
            job.id,
            job.name,
            job.kind,
            job.task,
            stateText(job),
            momentText(job.createdAt),
            job.worker ?? '',
          ]),
        ]),
  );
  if (page.next && !options.json) writeNote(`There are more: --after ${page.next}`);
}

async function show(id: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const job = await client.get<Job>(apiPath('jobs', id));
  writeResult(options, job, () => jobText(job));
}

/** Writes the lines of a job's log. */
export async function log(
  id: string,
  options: ConnectionOptions & { readonly follow?: boolean; readonly from?: number },
): Promise<void> {
  const client = await connect(options);
  const { follow = false, from = 1, json = false } = options;
  if (follow && !json) {
    const job = await followJob(client, id, from);
    if (job.status !== 'finished') throw new SilentFailure(exitStatus.failure);
    return;
  }
  const job = await client.get<Job>(apiPath('jobs', id));
  const lines = job.run === null ? [] : await linesOfRun(client, job.run, from);
  writeResult({ json }, { lines }, () => lines.map(lineText).join('\n'));
}

async function cancel(id: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const job = await client.post<Job>(apiPath('jobs', id, 'cancel'));
  writeResult(options, job, () =>
    job.status === 'cancelled' ? `Cancelled ${id}.` : `${id} stops after a checkpoint.`,
  );
}

async function retry(id: string, options: ConnectionOptions & { readonly fresh?: boolean }): Promise<void> {
  const client = await connect(options);
  const job = await client.post<Job>(apiPath('jobs', id, 'retry'), { fresh: options.fresh ?? false });
  writeResult(options, job, () => `${id} waits for a worker again.`);
}

async function download(id: string, folder: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const job = await client.get<Job>(apiPath('jobs', id));
  if (job.run === null) throw new Error(`The job ${id} has not begun: there are no files.`);
  const { downloadRun } = await import('../runFiles.js');
  const files = await downloadRun(client, job.run, folder);
  writeResult(options, { folder, files }, () => `Wrote ${files.length} files to ${folder}.`);
}
