// Processes that may take so much memory and no more: for files that nobody vouches for.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a model that somebody else made may take. */
export interface RunLimits {
  /** Bytes of memory for one run, beside what the model itself takes. On Linux alone: elsewhere it is not bounded. */
  readonly memory: number;
  /** Milliseconds that one run may take; opening the model, ten times as many. Default: no bound. */
  readonly timeout?: number | undefined;
}

/** A model took more memory or time than it may. */
export class LimitError extends Error {
  override readonly name: string = 'LimitError';
  readonly limit: 'memory' | 'time';

  constructor(limit: 'memory' | 'time', message: string, options?: ErrorOptions) {
    super(message, options);
    this.limit = limit;
  }
}

/** Bytes that a process takes which does nothing yet. */
const bare = 128e6;

/** How often the weights of a file may be in memory while it is opened: as read, as parsed, as laid out twice. */
const copies = 5;

/**
 * Bounds what follows: no dump of memory, so many kB of data (unlike `ulimit -v`, that leaves out what is reserved and not used), and the
 * first to go when the machine itself runs out of memory.
 */
const bounded =
  '{ ulimit -c 0; ulimit -d "$0"; echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null; exec "$@"';

/**
 * Starts a module in a process of its own that may take so much memory. It is spoken to as other child processes are.
 * @param weights bytes of the models that it opens
 */
export function startLimited(
  main: URL,
  args: readonly string[],
  { memory }: RunLimits,
  weights: number,
): ChildProcess {
  const kilobytes = Math.ceil((bare + memory + copies * weights) / 1024);
  const command = [process.execPath, fileURLToPath(main), ...args];
  const [file, ...rest] =
    process.platform === 'win32' ? command : ['/bin/sh', '-c', bounded, String(kilobytes), ...command];
  return spawn(file!, rest, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' });
}

/** What a process ended of that was to go on. */
export function deathOf(code: number | null, signal: string | null, { memory }: RunLimits): LimitError {
  const how = signal ?? `exit code ${code}`;
  return new LimitError('memory', `${beyondMemory(memory)} Its process ended: ${how}.`);
}

/** Whether an error says that there was no more memory. */
export const isAboutMemory = ({ message }: Pick<Error, 'message'>): boolean =>
  /bad_alloc|allocat/i.test(message);

/** An error that a process tells of; one about memory is known as such. */
export function errorOf(message: string, { memory }: RunLimits): Error {
  if (!isAboutMemory({ message })) return new Error(message);
  const [what] = /[^/]*$/.exec(message.trim())!;
  return new LimitError('memory', `${beyondMemory(memory)} ONNX Runtime says: ${what.slice(0, 300)}`);
}

/** Milliseconds that a model may take to be opened. */
export const openingTime = (timeout: number): number => 10 * timeout;

export function overtime(milliseconds: number): LimitError {
  return new LimitError(
    'time',
    `The model took longer than the ${milliseconds / 1000} seconds that it may, and was stopped.`,
  );
}

const beyondMemory = (memory: number): string =>
  `The model needs more memory for this than the ${Math.floor(memory / 1e6).toLocaleString('en')} MB that a run may take. Give it less at once, or allow more (--run-memory).`;
