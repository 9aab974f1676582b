import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Job, NewJob, PlatformClient, Upload } from '../../client/client.js';
import { addConnection, type ConnectionOptions, connect } from '../connection.js';
import { exitStatus, SilentFailure } from '../errors.js';
import { parametersOf } from '../jobOptions.js';
import { followJob, jobText } from '../jobText.js';
import { wholeNumber } from '../numbers.js';
import { writeNote, writeResult } from '../output.js';
import { type CliTask, tasks } from '../tasks/index.js';

interface SubmitOptions extends ConnectionOptions {
  readonly data?: string;
  readonly upload?: boolean;
  readonly publish?: string;
  readonly format?: 'jsonl' | 'csv';
  readonly name?: string;
  readonly on?: string;
  readonly attempts?: number;
  readonly wait?: boolean;
}

/** `modelwright jobs submit`: a subcommand for each kind of job, with the options of the command that does the same at once. */
export function addSubmit(jobs: Command): void {
  const submit = jobs.command('submit').description('put a job into the queue');
  const train = submit.command('train').description('train a model');
  for (const [name, task] of tasks) {
    const command = train.command(name).description(task.description);
    const parameters = addJobOptions(command, 'train', task, true);
    command.option('--publish <name>', 'publish what is trained as the next version of a model');
    command.action(async (options: SubmitOptions) => {
      const { publish } = options;
      await run(options, { kind: 'train', task: name, publish, parameters: parameters(), data: '' });
    });
  }
  const [any] = tasks.values(); // these options are the same for all tasks
  const evaluate = submit.command('evaluate').description('measure a version of a model');
  const measured = addJobOptions(ofModel(evaluate), 'evaluate', any!, true);
  evaluate.action((model: string, options: SubmitOptions) =>
    run(options, { kind: 'evaluate', model, parameters: measured(), data: '' }),
  );
  const predict = submit.command('predict').description('ask a version of a model about many inputs');
  const asked = addJobOptions(ofModel(predict), 'predict', any!, false);
  predict.addOption(
    new Option('--format <format>', 'how predictions are written (default: jsonl)').choices(['jsonl', 'csv']),
  );
  predict.action((model: string, options: SubmitOptions) =>
    run(options, { kind: 'predict', model, format: options.format, parameters: asked() }),
  );
}

const ofModel = (command: Command): Command =>
  command.argument('<model>', 'name, or name@version: a number or an alias; without it the newest');

/** Adds what a job can be told. @returns what was given of it, as the job's parameters */
function addJobOptions(
  command: Command,
  kind: NewJob['kind'],
  task: CliTask,
  needsData: boolean,
): () => NonNullable<NewJob['parameters']> {
  const data = new Option(
    '-d, --data <path|name>',
    "the data: a path that the workers have, or a data set's name; with --upload a path here",
  );
  command.addOption(data.makeOptionMandatory(needsData));
  command.option('--upload', 'send the data to the platform, for workers on other machines');
  const parameters = parametersOf(command, kind, task);
  addConnection(command.optionsGroup('Options of the job:'))
    .option('--name <name>', 'what it is called')
    .option('--on <worker>', 'the one worker that may do it')
    .option('--attempts <n>', 'that may fail without getting further (default: 3)', wholeNumber(1, 100))
    .option('--wait', 'follow it until it is over');
  return parameters;
}

async function run(options: SubmitOptions, job: NewJob): Promise<void> {
  const { name, on, attempts, wait = false, json = false } = options;
  const client = await connect(options);
  const data = options.data === undefined ? undefined : await dataOf(client, options.data, options.upload);
  // Its own id: when the answer is lost, the job is not put into the queue twice.
  const wanted = { ...job, id: randomUUID(), name, on, attempts, ...(data !== undefined && { data }) };
  let submitted = await client.post<Job>('/api/jobs', wanted);
  if (wait) {
    if (!json) writeNote(`The job is ${submitted.id}.`);
    submitted = await followJob(client, submitted.id, 1, json);
  }
  writeResult({ json }, submitted, () => (wait ? jobText(submitted) : `The job is ${submitted.id}.`));
  if (wait && submitted.status !== 'finished') throw new SilentFailure(exitStatus.failure);
}

/** The data as the job names it: what is here is named by its whole path, or sent. */
async function dataOf(client: PlatformClient, given: string, upload = false): Promise<NewJob['data']> {
  const there = await stat(given).catch(() => undefined);
  if (!upload) return there ? resolve(given) : given;
  if (!there) throw new Error(`There is no ${given} to upload: give the path of a file or a folder.`);
  const { packPath } = await import('../../registry/archive.js');
  writeNote(`Sending ${given}.`);
  const { sha256 } = await client.send<Upload>('POST', '/api/uploads', packPath(given));
  return { upload: sha256, name: basename(resolve(given)) };
}
