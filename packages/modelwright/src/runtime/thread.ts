import { Worker } from 'node:worker_threads';
import type { Graph } from '../graph/graph.js';
import { ortModel } from './ort.js';
import { fromParcel, type Parcel, toParcel } from './parcel.js';
import type { CompileOptions, Device, Executable, OnnxRuntime } from './runtime.js';

export type ThreadRequest =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly model: Uint8Array;
      readonly device: Device;
      readonly options: CompileOptions;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: number;
      readonly inputs: readonly Parcel[];
    }
  | { readonly kind: 'release'; readonly id: number; readonly session: number };

export type ThreadReply =
  | { readonly id: number; readonly session: number }
  | { readonly id: number; readonly outputs: readonly Parcel[] }
  | { readonly id: number; readonly error: string };

/** A worker thread in which sessions live, so that the event loop of this thread stays free. */
class SessionThread {
  readonly #waiting = new Map<
    number,
    { resolve: (reply: ThreadReply) => void; reject: (error: Error) => void }
  >();
  #worker: Worker | undefined;
  #next = 0;

  async ask(request: (id: number) => ThreadRequest, transfer: ArrayBuffer[] = []): Promise<ThreadReply> {
    const worker = this.#start();
    const id = this.#next++;
    worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage(request(id), transfer);
      });
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./threadMain.js', import.meta.url), { execArgv: [] });
    worker.on('message', (reply: ThreadReply) => {
      const waiting = this.#waiting.get(reply.id);
      if ('error' in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply);
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
    });
    this.#worker = worker;
    return worker;
  }
}

/** A runtime that keeps its sessions in a worker thread of its own. What is run is copied there and back. */
export function threadRuntime(device: Device = 'cpu'): OnnxRuntime {
  const thread = new SessionThread();
  const open = async (model: Uint8Array, options: CompileOptions = {}): Promise<Executable> => {
    const reply = await thread.ask((id) => ({ kind: 'open', id, model, device, options }));
    const { session } = reply as { session: number };
    return {
      async run(inputs, outputs) {
        const answer = await thread.ask((id) => ({ kind: 'run', id, session, inputs: inputs.map(toParcel) }));
        const results = (answer as { outputs: readonly Parcel[] }).outputs.map(fromParcel);
        if (!outputs) return results;
        for (const [position, result] of results.entries())
          (outputs[position]!.data as Float32Array).set(result.data as Float32Array);
        return [...outputs];
      },
      async release() {
        await thread.ask((id) => ({ kind: 'release', id, session }));
      },
    };
  };
  return {
    name: `ONNX Runtime, ${device}, in a thread`,
    open,
    compile: (graph: Graph, options?: CompileOptions) => open(ortModel(graph, device, options), options),
  };
}
