import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, hostname, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Milliseconds before a worker that ended is started again. */
const pause = 2000;

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** Workers beside a platform, as processes of their own that end with it. */
export interface LocalWorkers {
  /** Stops them: what they do keeps a checkpoint, and is given back. */
  close(): Promise<void>;
}

export interface LocalWorkersOptions {
  readonly server: string;
  readonly key: string;
  /** Seconds that a job which is stopped has for a checkpoint. */
  readonly grace: number;
  /** The folder that paths of jobs must be in. Default: jobs may name no paths. */
  readonly dataRoot: string | undefined;
}

/** Starts so many workers of a platform. One that ends is started again. */
export function startWorkers(
  count: number,
  { server, key, grace, dataRoot }: LocalWorkersOptions,
): LocalWorkers {
  const running = new Map<number, ChildProcess>();
  let isOpen = true;
  const start = (number: number): void => {
    const args = [
      'worker',
      '--server',
      server,
      '--name',
      `${hostname()}-${number}`,
      '--grace',
      String(grace),
      ...(dataRoot === undefined ? [] : ['--data-root', dataRoot]),
    ];
    const child = fork(main, args, { env: { ...process.env, MODELWRIGHT_KEY: key } });
    running.set(number, child);
    if (child.pid !== undefined) lowerPriority(child.pid);
    child.once('exit', () => {
      running.delete(number);
      if (isOpen) setTimeout(() => isOpen && start(number), pause).unref();
    });
  };
  for (let number = 1; number <= count; number++) start(number);
  return {
    async close() {
      isOpen = false;
      await Promise.all(
        [...running.values()].map(async (child) => {
          child.kill('SIGTERM');
          await once(child, 'exit');
        }),
      );
    },
  };
}

/** Requests that are served come before work that nobody waits for. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // the system does not allow it, or the process has ended: it works as it is
  }
}
