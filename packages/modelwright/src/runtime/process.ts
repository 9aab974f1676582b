import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import {
  deathOf,
  errorOf,
  LimitError,
  openingTime,
  overtime,
  type RunLimits,
  startLimited,
} from './limits.js';
import { Outbox } from './outbox.js';
import { fromParcel, toParcel } from './parcel.js';
import type { CompileOptions, Executable } from './runtime.js';
import type { SessionReply, SessionRequest } from './sessionHost.js';
import { type ThreadRuntime, threadRuntime } from './thread.js';

/** A model that is open, or will be again: what it was opened from. */
interface Session {
  readonly read: () => Promise<Uint8Array>;
  readonly options: CompileOptions;
  /** The process that has it. */
  opened?: { readonly child: ChildProcess; readonly done: Promise<unknown> } | undefined;
}

interface Waiting {
  /** Milliseconds that it may take. */
  readonly time: number | undefined;
  readonly resolve: (reply: SessionReply) => void;
  readonly reject: (error: Error) => void;
}

/** What becomes of requests that waited for another one, of which their process died: they are made again. */
const again = new Error('The process ended before it came to this.');

/** Makes a request, as often as it takes. */
async function persistently<Result>(request: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error !== again) throw error;
    }
  }
}

/** A process in which sessions live. One that dies is started again when it is asked for something. */
class LimitedProcess {
  readonly #limits: RunLimits;
  readonly #weights: number;
  /** In the order in which the process comes to them: it is at the first. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #sessions = new Map<number, Session>();
  /** Where the process has ended that is to get it, that is told by its end. */
  readonly #outbox = new Outbox<SessionRequest>(
    (requests) => this.#child?.send([...requests], () => undefined),
    ({ id }, error) => this.#refuse(id, error),
  );
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  /** Milliseconds that runs have taken. */
  busy = 0;

  constructor(limits: RunLimits, weights: number) {
    this.#limits = limits;
    this.#weights = weights;
  }

  async open(read: Session['read'], options: CompileOptions): Promise<Executable> {
    const number = this.#next++;
    const session: Session = { read, options };
    this.#sessions.set(number, session);
    const release = async (): Promise<void> => {
      if (!this.#sessions.delete(number)) return;
      if (this.#sessions.size === 0) this.#end(new Error('This session has been released.'));
      else if (session.opened && session.opened.child === this.#child)
        await this.#ask((id) => ({ kind: 'release', id, session: number })).catch(() => undefined);
    };
    await persistently(() => this.#ready(number, session)).catch(async (error: Error) => {
      await release();
      throw error;
    });
    return {
      release,
      run: async (inputs, outputs) => {
        const parcels = inputs.map(toParcel);
        const answer = await persistently(async () => {
          if (!this.#sessions.has(number)) throw new Error('This session has been released.');
          await this.#ready(number, session);
          return this.#ask((id) => ({ kind: 'run', id, session: number, inputs: parcels }));
        });
        const results = (answer as Extract<SessionReply, { outputs: unknown }>).outputs.map(fromParcel);
        if (!outputs) return results;
        for (const [position, result] of results.entries())
          (outputs[position]!.data as Float32Array).set(result.data as Float32Array);
        return [...outputs];
      },
    };
  }

  /** Opens a session in the process that there is, unless it is open there. */
  async #ready(session: number, it: Session): Promise<void> {
    const child = this.#start();
    if (it.opened?.child !== child) {
      const done = it.read().then((model) => {
        const { options } = it;
        return this.#ask((id) => ({ kind: 'open', id, session, model, device: 'cpu', options }));
      });
      it.opened = { child, done };
      done.catch(() => {
        if (it.opened?.child === child) it.opened = undefined;
      });
    }
    await it.opened!.done;
  }

  async #ask(request: (id: number) => SessionRequest): Promise<SessionReply> {
    const child = this.#start();
    const id = this.#next++;
    const asked = request(id);
    const { timeout } = this.#limits;
    const time = timeout && (asked.kind === 'open' ? openingTime(timeout) : timeout);
    try {
      return await new Promise<SessionReply>((resolve, reject) => {
        this.#outbox.put(asked);
        this.#waiting.set(id, { time, resolve, reject });
        if (this.#waiting.size === 1) this.#watchFirst(child);
      });
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Sees to it that the first request ends in time, and that a process which nobody waits for keeps nobody from ending. */
  #watchFirst(child: ChildProcess): void {
    clearTimeout(this.#timer);
    const [first] = this.#waiting.values();
    const handles = [child, child.channel];
    for (const handle of handles)
      if (first) handle?.ref();
      else handle?.unref();
    const time = first?.time;
    if (time !== undefined) this.#timer = setTimeout(() => this.#end(overtime(time)), time);
  }

  #start(): ChildProcess {
    if (this.#child) return this.#child;
    const main = new URL('./processMain.js', import.meta.url);
    const child = startLimited(main, [], this.#limits, this.#weights);
    child.on('message', (replies: readonly SessionReply[]) => {
      if (this.#child === child) for (const reply of replies) this.#take(child, reply);
    });
    child.on('error', (error) => this.#gone(child, error));
    child.on('exit', (code, signal) => this.#gone(child, deathOf(code, signal, this.#limits)));
    this.#child = child;
    return child;
  }

  #take(child: ChildProcess, reply: SessionReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!('error' in reply)) {
      this.busy += reply.milliseconds;
      waiting?.resolve(reply);
    } else {
      const error = errorOf(reply.error, this.#limits);
      // ONNX Runtime's arena holds on to what it got, and asks for more than it needs from then on.
      if (error instanceof LimitError) {
        this.#end(error);
        return;
      }
      waiting?.reject(error);
    }
    this.#waiting.delete(reply.id);
    this.#watchFirst(child);
  }

  /** A request cannot be sent. */
  #refuse(id: number, error: Error): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
    if (this.#child) this.#watchFirst(this.#child);
  }

  #end(error: Error): void {
    const child = this.#child;
    if (!child) return;
    this.#gone(child, error);
    child.kill('SIGKILL');
  }

  /** A process is no more: the first request is to blame, the others are made again. */
  #gone(child: ChildProcess, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#outbox.clear();
    const [first, ...others] = this.#waiting.values();
    this.#waiting.clear();
    this.#watchFirst(child);
    first?.reject(error);
    for (const { reject } of others) reject(again);
  }
}

/**
 * A runtime for files that somebody else made: they run in a process of their own, whose memory and time are bounded. What exceeds a bound
 * fails with a LimitError, and those that waited are answered by a new process. What is run is copied there and back. Graphs that are compiled
 * are this program's own, and run in a thread of it.
 * @param weights bytes of the files that will be opened
 */
export function processRuntime(limits: RunLimits, weights: number): ThreadRuntime {
  const process = new LimitedProcess(limits, weights);
  const { compile } = threadRuntime();
  return {
    name: 'ONNX Runtime, cpu, in a process',
    compile,
    open: (model, options = {}) => process.open(async () => model, options),
    openFile: (path, options = {}) => process.open(() => readFile(path), options),
    get busy() {
      return process.busy;
    },
  };
}
