import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { examples } from '../help.js';
import { objectsOption } from '../objectsOption.js';
import { bytesText, countText, type OutputOptions, writeResult } from '../output.js';

interface StoreCommandOptions extends OutputOptions {
  readonly folder: string;
  readonly databaseUrl?: string;
  readonly objects?: string;
}

/** `modelwright backup` and `modelwright restore`: everything that a platform keeps, in one file. */
export function addBackup(program: Command): void {
  withStore(
    program
      .command('backup')
      .description('write everything that a platform keeps into one archive')
      .argument('<file>', 'the archive, a new file'),
  )
    .addHelpText(
      'after',
      `${examples(['modelwright backup platform.tar', 'modelwright backup platform.tar --folder /srv/platform'])}

A database in a folder is one process's at a time: stop 'modelwright up' first. One on a server can be backed up while it is used.
The archive has the hashes of keys and passwords: keep it as safe as the platform.`,
    )
    .action(backup);
  withStore(
    program
      .command('restore')
      .description('put a backup into an empty place, after it was checked')
      .argument('<file>', 'the archive'),
  )
    .addHelpText('after', examples(['modelwright restore platform.tar --folder new-platform']))
    .action(restore);
}

function withStore(command: Command): Command {
  return command
    .option('-f, --folder <folder>', 'where the platform keeps everything', 'modelwright-platform')
    .addOption(
      new Option('--database-url <url>', 'a PostgreSQL server (default: a database in the folder)').env(
        'DATABASE_URL',
      ),
    )
    .addOption(objectsOption())
    .option('--json', 'end with one line of JSON');
}

async function backup(file: string, options: StoreCommandOptions): Promise<void> {
  const { openStore } = await import('../../store/index.js');
  const { writeBackup } = await import('../../store/backup.js');
  if (existsSync(file)) throw new Error(`${file} is there already: choose another name.`);
  const store = await openStore(options);
  const unfinished = `${file}.unfinished`;
  try {
    const to = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
    const [summary] = await Promise.all([writeBackup(store, to), finished(to)]);
    await rename(unfinished, file);
    writeResult(options, { file, ...summary }, () => `${file}: ${summaryText(summary)}.`);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await store.close();
  }
}

async function restore(file: string, options: StoreCommandOptions): Promise<void> {
  const { checkBackup, restoreBackup } = await import('../../store/restore.js');
  await checkBackup(file); // before a folder is made for it
  const { openStore } = await import('../../store/index.js');
  const store = await openStore(options);
  try {
    const summary = await restoreBackup(store, file);
    writeResult(
      options,
      { folder: options.folder, ...summary },
      () => `${options.folder} has ${summaryText(summary)}.`,
    );
  } finally {
    await store.close();
  }
}

function summaryText({ rows, objects, bytes }: { rows: number; objects: number; bytes: number }): string {
  return `${countText(rows)} rows and ${countText(objects)} contents, ${bytesText(bytes)}`;
}
