import { Option } from 'commander';

/** Where the contents of files are kept. */
export const objectsOption = (): Option =>
  new Option(
    '--objects <url>',
    'an S3-compatible server for contents of files, as s3://bucket/prefix?endpoint=https://host (default: the folder)',
  ).env('MODELWRIGHT_OBJECTS');
