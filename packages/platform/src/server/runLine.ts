import type { NdArray } from 'modelwright/runtime';
import { type Arrays, joinInputs, keyOf, partOutputs, rowsOf } from './joining.js';
import { busy, type ReplicaPool } from './replicaPool.js';

type Outputs = Record<string, NdArray>;

export interface RunLineOptions {
  /** The most examples that are joined to one run; 1 where each request is run by itself. */
  readonly size: number;
  /** Milliseconds that an example waits for others, where a replica is free. 0 joins what waits for a replica anyway. */
  readonly window: number;
  /** The most requests that may wait. */
  readonly queueSize: number;
}

/** How a model is run on a replica. */
export interface Runner<Replica> {
  /** Several runs may be asked of a replica at once; it makes them one after another. */
  run(replica: Replica, inputs: Arrays): Promise<Outputs>;
  /** Milliseconds that runs on a replica have taken so far, from the first on. */
  busy(replica: Replica): number;
  /** Told of a run for one or several requests, unless it failed. @param seconds that it took: its share, where others were made with it */
  executed(requests: readonly Arrays[], seconds: number): void;
}

interface Waiting {
  readonly inputs: Arrays;
  readonly signal: AbortSignal;
  readonly begun: () => () => void;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
  readonly leave: () => void;
}

/** Requests that may be joined, in the order they came. */
interface Group {
  readonly waiting: Waiting[];
  /** Whether a replica is on its way. */
  isCalled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Milliseconds of work that a replica is given at once, and the most runs in it. */
const atOnce = 1;
const mostRuns = 32;
/** How much the last runs weigh in what is expected of the next. */
const weight = 0.25;

/**
 * The line in which requests wait to be run. A replica takes as many of them at once as it is expected to run in a millisecond, going by
 * its last runs, so that the way to its thread and back is made once for all of them; of what takes longer it takes one at a time.
 * Each is run by itself, unless requests are joined: then those that agree in all other dimensions are one run, their inputs joined
 * along the first dimension and its outputs parted again. When a joined run fails, each request is run by itself, so that one does not
 * fail for another's sake. Those who wait no longer leave.
 */
export class RunLine<Replica> {
  readonly #pool: ReplicaPool<Replica>;
  readonly #runner: Runner<Replica>;
  readonly #options: RunLineOptions;
  readonly #groups = new Map<string, Group>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Milliseconds for each byte of the inputs, as expected. */
  #pace = Number.POSITIVE_INFINITY;

  constructor(pool: ReplicaPool<Replica>, options: RunLineOptions, runner: Runner<Replica>) {
    this.#pool = pool;
    this.#options = options;
    this.#runner = runner;
  }

  /**
   * Runs inputs that fit the model.
   * @param begun told when the run begins; what it gives is told when it has ended
   * @throws ServiceError 503 when too many requests are waiting; the signal's reason when it ends the wait
   */
  async run(inputs: Arrays, signal: AbortSignal, begun: () => () => void): Promise<Outputs> {
    signal.throwIfAborted();
    const { size, queueSize } = this.#options;
    if (this.#underWay.size >= queueSize + this.#pool.size * size) throw busy();
    const key = size > 1 ? keyOf(inputs) : '';
    const group = this.#groups.get(key) ?? { waiting: [], isCalled: false, timer: undefined };
    this.#groups.set(key, group);
    const result = new Promise<Outputs>((resolve, reject) => {
      const leave = (): void => {
        const place = group.waiting.indexOf(one);
        if (place >= 0) group.waiting.splice(place, 1);
        reject(signal.reason);
      };
      const one: Waiting = { inputs, signal, begun, resolve, reject, leave };
      signal.addEventListener('abort', leave, { once: true });
      group.waiting.push(one);
    });
    this.#underWay.add(result);
    this.#call(key, group);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  /** Waits until all requests that have come are answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Calls a replica for a group: at once, unless it is not full and may wait for others. */
  #call(key: string, group: Group): void {
    if (group.isCalled) return;
    const { size, window } = this.#options;
    const isFull = (): boolean => group.waiting.reduce((sum, { inputs }) => sum + rowsOf(inputs), 0) >= size;
    if (window === 0 || isFull()) this.#send(key, group);
    else group.timer ??= setTimeout(() => this.#send(key, group), window);
  }

  #send(key: string, group: Group): void {
    clearTimeout(group.timer);
    group.timer = undefined;
    group.isCalled = true;
    this.#pool
      .runSoon((replica) => {
        group.isCalled = false;
        const batches = this.#take(group);
        if (group.waiting.length > 0) this.#send(key, group);
        else this.#groups.delete(key);
        return this.#runAll(replica, batches);
      })
      .catch((error: unknown) => {
        for (const { reject } of group.waiting.splice(0)) reject(error);
      });
  }

  /** The next runs of a group, each of one request or several: one run at least, and no more than this replica's share of what waits. */
  #take({ waiting }: Group): Waiting[][] {
    const share = waiting.length / this.#pool.size;
    const batches: Waiting[][] = [];
    let milliseconds = 0;
    let count = 0;
    while (count < waiting.length) {
      const batch = this.#nextBatch(waiting, count);
      milliseconds += this.#pace * bytesOf(batch.map(({ inputs }) => inputs));
      const isTooMuch = !(milliseconds <= atOnce) || batches.length === mostRuns || count >= share;
      if (count > 0 && isTooMuch) break;
      batches.push(batch);
      count += batch.length;
    }
    for (const { signal, leave } of waiting.splice(0, count)) signal.removeEventListener('abort', leave);
    return batches;
  }

  /** Requests from a place in the line on, as many as are joined to a run: one at least. */
  #nextBatch(waiting: readonly Waiting[], from: number): Waiting[] {
    const { size } = this.#options;
    let [to, rows] = [from + 1, rowsOf(waiting[from]!.inputs)];
    while (to < waiting.length && rows < size) {
      rows += rowsOf(waiting[to]!.inputs);
      if (rows > size) break;
      to++;
    }
    return waiting.slice(from, to);
  }

  async #runAll(replica: Replica, batches: readonly Waiting[][]): Promise<void> {
    if (batches.length === 0) return;
    const { busy, executed } = this.#runner;
    const before = busy(replica);
    const ends = batches.flat().map(({ begun }) => begun());
    const runs = (await Promise.all(batches.map((batch) => this.#runBatch(replica, batch)))).flat();
    for (const end of ends) end();
    if (runs.length === 0) return;
    const milliseconds = busy(replica) - before;
    for (const requests of runs) executed(requests, milliseconds / 1000 / runs.length);
    const pace = milliseconds / runs.reduce((sum, requests) => sum + bytesOf(requests), 0);
    this.#pace = Number.isFinite(this.#pace) ? this.#pace + weight * (pace - this.#pace) : pace;
  }

  /** @returns the runs that did not fail, each as the inputs of its requests */
  async #runBatch(replica: Replica, batch: readonly Waiting[]): Promise<(readonly Arrays[])[]> {
    const { run } = this.#runner;
    const requests = batch.map(({ inputs }) => inputs);
    if (batch.length > 1) {
      const outputs = await run(replica, joinInputs(requests))
        .then((joined) => partOutputs(joined, requests.map(rowsOf)))
        .catch(() => undefined);
      if (outputs) {
        for (const [i, { resolve }] of batch.entries()) resolve(outputs[i]!);
        return [requests];
      }
    }
    const made: (readonly Arrays[])[] = [];
    for (const { inputs, resolve, reject } of batch) {
      await run(replica, inputs).then((outputs) => {
        resolve(outputs);
        made.push([inputs]);
      }, reject);
    }
    return made;
  }
}

function bytesOf(requests: readonly Arrays[]): number {
  let bytes = 0;
  for (const inputs of requests) for (const name in inputs) bytes += inputs[name]!.byteLength;
  return bytes;
}
