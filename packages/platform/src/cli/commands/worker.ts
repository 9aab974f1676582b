import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { addConnection, type ConnectionOptions } from '../connection.js';
import { dataRootOption } from '../dataRootOption.js';
import { examples } from '../help.js';
import { onInterrupt } from '../interrupt.js';
import { positiveNumber, wholeNumber } from '../numbers.js';
import { writeNote } from '../output.js';

interface WorkerCommandOptions extends ConnectionOptions {
  readonly name: string;
  readonly jobs: number;
  readonly folder?: string;
  readonly grace: number;
  readonly dataRoot?: string;
}

/** The script of the process that does a job. */
const entry = fileURLToPath(new URL('../jobMain.js', import.meta.url));

/** `modelwright worker`: does a platform's jobs, until it is interrupted. */
export function addWorker(program: Command): void {
  addConnection(program.command('worker').description("do a platform's jobs on this machine"))
    .option('-n, --name <name>', 'what it is called', hostname())
    .option('-j, --jobs <n>', 'jobs at the same time', wholeNumber(1, 1000), 1)
    .option('-f, --folder <folder>', "where work lies about (default: in the system's folder for that)")
    .addOption(dataRootOption())
    .option('--grace <seconds>', 'that a job which is stopped has for a checkpoint', positiveNumber, 30)
    .addHelpText(
      'after',
      `${examples(['modelwright worker --server http://platform:8080 --key mw_...', 'modelwright worker --jobs 2 --name gpu-1'])}

It needs a key of the role worker. When it is interrupted, jobs keep a checkpoint and go to other workers.`,
    )
    .action(run);
}

async function run({ json: _, jobs, grace, ...options }: WorkerCommandOptions): Promise<void> {
  const { runWorker } = await import('../../worker/worker.js');
  const stopping = new AbortController();
  const stop = (): void => {
    writeNote('Stopping: jobs keep a checkpoint and are given back. Interrupt again to stop at once.');
    stopping.abort();
  };
  const isBeside = process.send !== undefined; // a platform, which says when it stops, and without which it is nothing
  const done = isBeside ? onTermination(stop) : onInterrupt(stop);
  if (isBeside) process.once('disconnect', () => process.exit(1));
  try {
    await runWorker(
      { ...options, parallel: jobs, grace: grace * 1000, entry, onNote: writeNote },
      stopping.signal,
    );
  } finally {
    done();
    if (isBeside) {
      process.removeAllListeners('disconnect');
      process.disconnect();
    }
  }
}

/** Calls `stop` at the first SIGTERM. SIGINT comes from a terminal, to the platform as well. */
function onTermination(stop: () => void): () => void {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore).once('SIGTERM', stop);
  return () => void process.off('SIGINT', ignore).off('SIGTERM', stop);
}
