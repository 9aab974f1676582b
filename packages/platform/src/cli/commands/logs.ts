import type { Command } from 'commander';
import { ClientError } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect } from '../connection.js';
import { examples } from '../help.js';
import { linesOfRun, lineText } from '../logText.js';
import { wholeNumber } from '../numbers.js';
import { writeResult } from '../output.js';
import { log } from './jobs.js';

/** `modelwright logs`: what a job or a run wrote. */
export function addLogs(program: Command): void {
  addConnection(
    program.command('logs').description('what a job or a run wrote').argument('<id>', 'of a job or a run'),
  )
    .option('-f, --follow', 'of a job: go on until it is over')
    .option('--from <n>', 'the first line', wholeNumber(1))
    .addHelpText('after', examples(['modelwright logs JOB --follow', 'modelwright logs RUN --from 100']))
    .action(logs);
}

interface LogsOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly from?: number;
}

async function logs(id: string, options: LogsOptions): Promise<void> {
  const client = await connect(options);
  const isJob = await client.get(apiPath('jobs', id)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ClientError && error.status === 404) return false;
      throw error;
    },
  );
  if (isJob) {
    await log(id, options);
    return;
  }
  const lines = await linesOfRun(client, id, options.from).catch((error: unknown) => {
    if (!(error instanceof ClientError && error.status === 404)) throw error;
    throw new Error(`There is neither a job nor a run '${id}'.`, { cause: error });
  });
  writeResult(options, { lines }, () => lines.map(lineText).join('\n'));
}
