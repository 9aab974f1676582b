import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Usage } from '../client/recorder.js';
import type { Assignment, Ended, Told } from './protocol.js';

/** What is made of what a process tells while it works. */
export interface JobProcessHooks {
  readonly onTold: (told: Told) => void;
  /** A line of its output. */
  readonly onLine: (text: string) => void;
}

/** The process that does a job. It ends when this one does: its channel closes then. */
export class JobProcess {
  readonly #child: ChildProcess;
  readonly #hooks: JobProcessHooks;
  #last: Ended | undefined;
  #lastLine = '';
  #usage: Usage = { processorSeconds: 0, memory: 0 };
  /** How it ended. One that ends without a word of its own has failed, and may do better another time. */
  readonly ended: Promise<Ended>;

  /** @param entry the script that takes an assignment */
  constructor(entry: string, assignment: Assignment, hooks: JobProcessHooks) {
    this.#hooks = hooks;
    this.#child = fork(entry, [], {
      cwd: dirname(assignment.out), // where a name that is none of a data set leads to nothing of the worker's
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (told: Told) => this.#hear(told));
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#read(stream!);
    this.ended = this.#watch();
    this.#child.send(assignment, () => undefined); // one that cannot be sent to has ended
  }

  /** Its number; undefined when it could not be started. */
  get id(): number | undefined {
    return this.#child.pid;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Asks it to stop after a checkpoint; after so many milliseconds it is ended. */
  stop(grace: number): void {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), grace);
    this.#child.once('exit', () => clearTimeout(timer));
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(told: Told): void {
    if (told.kind === 'usage') this.#usage = told.usage;
    else if (told.kind === 'event' || told.kind === 'share') this.#hooks.onTold(told);
    else this.#last = told;
  }

  #read(stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      if (line.trim() === '') return;
      this.#lastLine = line.trim();
      this.#hooks.onLine(line.slice(0, 2000));
    });
  }

  async #watch(): Promise<Ended> {
    const failed = (error: string): Ended => ({ kind: 'failed', error, retry: true });
    try {
      const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
      if (this.#last) return this.#last;
      const said = this.#lastLine && ` Its last words: ${this.#lastLine}`;
      if (signal === 'SIGKILL') {
        return failed(`The process was killed, perhaps by the system for want of memory.${said}`);
      }
      return failed(
        `The process ended ${signal ? `by ${signal}` : `with status ${code}`} before the job did.${said}`,
      );
    } catch (error) {
      return failed(`The process could not be started: ${(error as Error).message}`);
    }
  }
}
