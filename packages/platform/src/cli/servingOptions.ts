import { type Command, Option } from 'commander';
import type { ServingSettings } from '../server/servedModel.js';
import { numberFrom, wholeNumber } from './numbers.js';

/** How a model is run that answers requests, as the command line is told. */
export interface ServingOptions {
  readonly replicas?: number;
  readonly queue?: number;
  readonly batchSize?: number;
  readonly batchWindow?: number;
}

/** Adds the options that `serve` and `deploy` have in common. */
export function addServingOptions(command: Command): Command {
  return command
    .option(
      '--replicas <n>',
      'copies of a model that run at once (default: 2, or 1 on a single core)',
      wholeNumber(1, 64),
    )
    .option('--queue <n>', 'the most requests that wait for a model (default: 64)', wholeNumber(0, 100_000))
    .option('--batch-size <n>', 'the most examples of one model that are run together', wholeNumber(1, 4096))
    .option(
      '--batch-window <ms>',
      'milliseconds that a request waits for others to be run with',
      numberFrom(0, 10_000),
    );
}

/** The same as a model takes them; what was not said is undefined. */
export const servingSettings = ({
  replicas,
  queue: queueSize,
  batchSize,
  batchWindow,
}: ServingOptions): ServingSettings => ({
  replicas,
  queueSize,
  batchSize,
  batchWindow,
});

/** What a run of a model may take. */
export const runMemoryOption = (): Option =>
  new Option(
    '--run-memory <megabytes>',
    'the most memory that a run of a model may take beside its weights, in a process of its own; 0: no bound, and no process',
  ).argParser(numberFrom(0, 10_000_000));
