import { Option } from 'commander';

/** `--data-root`: where the data of jobs may lie on a worker. */
export const dataRootOption = (): Option =>
  new Option(
    '--data-root <folder>',
    'the folder that paths of jobs must be in (default: jobs may name data sets and send data, but no paths)',
  ).env('MODELWRIGHT_DATA_ROOT');
