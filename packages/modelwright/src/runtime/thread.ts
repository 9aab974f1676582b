import { Worker } from 'node:worker_threads';
import type { Graph } from '../graph/graph.js';
import { ortModel } from './ort.js';
import { Outbox } from './outbox.js';
import { fromParcel, type Parcel, toParcel } from './parcel.js';
import type { CompileOptions, Device, Executable, OnnxRuntime } from './runtime.js';
import type { SessionReply, SessionRequest } from './sessionHost.js';

/** A worker thread in which sessions live, so that the event loop of this thread stays free. It ends with its last session. */
class SessionThread {
  readonly #waiting = new Map<
    number,
    { resolve: (reply: SessionReply) => void; reject: (error: Error) => void }
  >();
  #worker: Worker | undefined;
  #next = 0;
  readonly #sessions = new Set<number>();
  readonly #outbox = new Outbox<SessionRequest>(
    (requests) => this.#worker?.postMessage(requests),
    ({ id }, error) => this.#waiting.get(id)?.reject(error),
  );
  /** Milliseconds that runs have taken. */
  busy = 0;

  /** Opens a session. @returns its number, which no other session of the thread ever has */
  async open(model: Uint8Array, device: Device, options: CompileOptions): Promise<number> {
    const session = this.#next++;
    this.#sessions.add(session);
    try {
      await this.ask((id) => ({ kind: 'open', id, session, model, device, options }));
    } catch (error) {
      this.#closed(session);
      throw error;
    }
    return session;
  }

  has(session: number): boolean {
    return this.#sessions.has(session);
  }

  /** Frees a session. */
  async release(session: number): Promise<void> {
    if (!this.#sessions.has(session)) return;
    await this.ask((id) => ({ kind: 'release', id, session })).finally(() => this.#closed(session));
  }

  #closed(session: number): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    this.#worker?.postMessage('end');
    this.#worker = undefined;
  }

  async ask(request: (id: number) => SessionRequest): Promise<SessionReply> {
    const worker = this.#start();
    const id = this.#next++;
    worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#outbox.put(request(id));
      });
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./threadMain.js', import.meta.url), { execArgv: [] });
    worker.on('message', (replies: readonly SessionReply[]) => {
      for (const reply of replies) {
        const waiting = this.#waiting.get(reply.id);
        if ('error' in reply) waiting?.reject(new Error(reply.error));
        else {
          this.busy += reply.milliseconds;
          waiting?.resolve(reply);
        }
      }
    });
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
    });
    this.#worker = worker;
    return worker;
  }
}

/** A runtime whose sessions live in a worker thread. */
export interface ThreadRuntime extends OnnxRuntime {
  /** Milliseconds that runs have taken in the thread, from the first on. */
  readonly busy: number;
}

/**
 * A runtime that keeps its sessions in a worker thread of its own. What is run is copied there and back. Runs may be asked for before
 * others have ended: the thread makes one after another, and answers those together that were asked for in one go.
 */
export function threadRuntime(device: Device = 'cpu'): ThreadRuntime {
  const thread = new SessionThread();
  const open = async (model: Uint8Array, options: CompileOptions = {}): Promise<Executable> => {
    const session = await thread.open(model, device, options);
    return {
      async run(inputs, outputs) {
        if (!thread.has(session)) throw new Error('This session has been released.');
        const answer = await thread.ask((id) => ({ kind: 'run', id, session, inputs: inputs.map(toParcel) }));
        const results = (answer as { outputs: readonly Parcel[] }).outputs.map(fromParcel);
        if (!outputs) return results;
        for (const [position, result] of results.entries())
          (outputs[position]!.data as Float32Array).set(result.data as Float32Array);
        return [...outputs];
      },
      release: () => thread.release(session),
    };
  };
  return {
    name: `ONNX Runtime, ${device}, in a thread`,
    open,
    compile: (graph: Graph, options?: CompileOptions) => open(ortModel(graph, device, options), options),
    get busy() {
      return thread.busy;
    },
  };
}
