import { Worker } from 'node:worker_threads';
import type { Engine } from './engine.js';
import { anotherFailed, sharedMemory } from './exchange.js';
import type {
  EngineMessage,
  EngineReply,
  EngineRequest,
  EngineSetup,
  EngineVariables,
  EvaluationResult,
  Shard,
  StepResult,
} from './protocol.js';

/** One worker thread, and the answers it still owes. */
class EngineThread {
  readonly #worker = new Worker(new URL('./threadMain.js', import.meta.url), { execArgv: [] });
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #next = 0;
  #closed = false;
  /** Why it answers no more. */
  #ended: Error | undefined;

  constructor() {
    this.#worker.on('message', (reply: EngineReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.value as never);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => {
      const reason = `A worker of this training has ended with code ${code}.`;
      this.#fail(new Error(this.#closed ? 'The training was closed.' : reason));
    });
  }

  ask<T>(request: EngineRequest, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      const message: EngineMessage = { ...request, id };
      this.#worker.postMessage(message, transfer);
    });
  }

  /** @param releases whether it gives back first what it holds: that of a device stays taken when the thread ends, its own does not */
  async close(releases: boolean): Promise<void> {
    this.#closed = true;
    if (releases) await this.ask({ kind: 'release' }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const buffersOf = (shards: readonly (Shard | undefined)[]): ArrayBuffer[] =>
  shards.flatMap((shard) => shard?.arrays.map(({ data }) => data.buffer) ?? []);

/** An engine whose workers are threads of this process, each with a session of its own on its part of every batch. */
export async function threadEngine(setup: EngineSetup): Promise<Engine> {
  const { workers, parameters, state, extras } = setup;
  const gradientSize = parameters.size + state.size + extras.size;
  const shared = workers > 1 ? sharedMemory(workers, gradientSize, parameters.size) : undefined;
  const threads = Array.from({ length: workers }, () => new EngineThread());
  const close = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.close(setup.device !== 'cpu')));
  };
  try {
    await Promise.all(threads.map((thread, worker) => thread.ask({ kind: 'setup', setup, worker, shared })));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    workers,
    close,
    async addProgram(program, model, onDevice) {
      await Promise.all(threads.map((thread) => thread.ask({ kind: 'program', program, model, onDevice })));
    },
    async step(batches, hyper, group) {
      const results = threads.map((thread, worker) => {
        const shards = batches.map((batch) => batch[worker]);
        return thread.ask<StepResult>({ kind: 'step', shards, hyper, group }, buffersOf(shards));
      });
      return (await allOrReason(results))[0]!;
    },
    evaluate: (shard, worker, averaged) =>
      threads[worker]!.ask<EvaluationResult>({ kind: 'evaluate', shard, averaged }, buffersOf([shard])),
    async read() {
      const [first, ...others] = await Promise.all(
        threads.map((thread) => thread.ask<EngineVariables>({ kind: 'read' })),
      );
      for (const { slots } of others) {
        // Each worker gives zeros outside its share.
        for (const [position, slot] of first!.slots.entries())
          for (let i = 0; i < slot.length; i++) slot[i]! += slots[position]![i]!;
      }
      return first!;
    },
    async write(variables) {
      await Promise.all(threads.map((thread) => thread.ask({ kind: 'write', variables })));
    },
  };
}

/** All results; or else the error of the worker that failed by itself, however soon the others gave up because of it. */
async function allOrReason<T>(results: readonly Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(results);
  } catch (error) {
    if ((error as Error).message !== anotherFailed) throw error;
    const failures = (await Promise.allSettled(results)).flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    throw failures.find(({ message }) => message !== anotherFailed) ?? error;
  }
}
