import { NdArray, typedArrayOf } from 'modelwright/runtime';
import type { ModelConfig, TensorSpec } from 'modelwright/saved';
import { busy, type ReplicaPool } from './replicaPool.js';

type Arrays = Readonly<Record<string, NdArray>>;

export interface BatchingOptions {
  /** The most examples that are run together. */
  readonly size: number;
  /** Milliseconds that an example waits for others, where a replica is free. 0 joins what waits for a replica anyway. */
  readonly window: number;
  /** The most requests that may wait. */
  readonly queueSize: number;
}

interface Waiting {
  readonly inputs: Arrays;
  readonly rows: number;
  readonly signal: AbortSignal;
  /** Told when its run begins. */
  readonly begun: () => void;
  readonly resolve: (outputs: Record<string, NdArray>) => void;
  readonly reject: (error: unknown) => void;
  readonly leave: () => void;
}

/** Requests of equal shapes but for the batch, in the order they came. */
interface Group {
  readonly waiting: Waiting[];
  /** Whether a run of it is on its way. */
  isCalled: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Runs requests that come at the same time together: inputs are joined along their first dimension, outputs parted again. Requests are
 * joined where all other dimensions agree. Those who wait no longer leave. When a joined run fails, each request is run by itself, so
 * that one does not fail for another's sake.
 */
export class Batcher<Replica> {
  readonly #pool: ReplicaPool<Replica>;
  readonly #run: (replica: Replica, inputs: Arrays, rows: number) => Promise<Record<string, NdArray>>;
  readonly #options: BatchingOptions;
  readonly #groups = new Map<string, Group>();
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param run runs inputs that fit the model on a replica */
  constructor(
    pool: ReplicaPool<Replica>,
    options: BatchingOptions,
    run: (replica: Replica, inputs: Arrays, rows: number) => Promise<Record<string, NdArray>>,
  ) {
    this.#pool = pool;
    this.#options = options;
    this.#run = run;
  }

  /**
   * Runs inputs that fit the model, with others.
   * @param begun told when the run begins
   * @throws ServiceError 503 when too many requests are waiting; the signal's reason when it ends the wait
   */
  async run(inputs: Arrays, signal: AbortSignal, begun: () => void): Promise<Record<string, NdArray>> {
    signal.throwIfAborted();
    if (this.#underWay.size >= this.#options.queueSize + this.#pool.size * this.#options.size) throw busy();
    const key = keyOf(inputs);
    const group = this.#groups.get(key) ?? { waiting: [], isCalled: false, timer: undefined };
    this.#groups.set(key, group);
    const result = new Promise<Record<string, NdArray>>((resolve, reject) => {
      const rows = Object.values(inputs)[0]!.shape[0]!;
      const leave = (): void => {
        const place = group.waiting.indexOf(one);
        if (place >= 0) group.waiting.splice(place, 1);
        reject(signal.reason);
      };
      const one: Waiting = { inputs, rows, signal, begun, resolve, reject, leave };
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

  /** Sees to it that a group is run: at once where it is full, else when its first request has waited long enough. */
  #call(key: string, group: Group): void {
    if (group.isCalled) return;
    const isFull = group.waiting.reduce((sum, { rows }) => sum + rows, 0) >= this.#options.size;
    if (!isFull && this.#options.window > 0) {
      group.timer ??= setTimeout(() => this.#send(key, group), this.#options.window);
      return;
    }
    this.#send(key, group);
  }

  #send(key: string, group: Group): void {
    clearTimeout(group.timer);
    group.timer = undefined;
    group.isCalled = true;
    this.#pool
      .runSoon((replica) => {
        group.isCalled = false;
        const batch = this.#take(group);
        if (group.waiting.length > 0) this.#send(key, group);
        else this.#groups.delete(key);
        return this.#runAll(replica, batch);
      })
      .catch((error: unknown) => {
        for (const { reject } of group.waiting.splice(0)) reject(error);
      });
  }

  /** The first requests of a group, as many as may be run together: one at least. */
  #take({ waiting }: Group): Waiting[] {
    let rows = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || rows + waiting[count]!.rows <= this.#options.size))
      rows += waiting[count++]!.rows;
    const batch = waiting.splice(0, count);
    for (const { signal, leave, begun } of batch) {
      signal.removeEventListener('abort', leave);
      begun();
    }
    return batch;
  }

  async #runAll(replica: Replica, batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    if (batch.length > 1) {
      const parted = await this.#runJoined(replica, batch).catch(() => undefined);
      if (parted) {
        for (const [i, { resolve }] of batch.entries()) resolve(parted[i]!);
        return;
      }
    }
    for (const { inputs, rows, resolve, reject } of batch)
      await this.#run(replica, inputs, rows).then(resolve, reject);
  }

  async #runJoined(replica: Replica, batch: readonly Waiting[]): Promise<Record<string, NdArray>[]> {
    const names = Object.keys(batch[0]!.inputs);
    const rows = batch.map((each) => each.rows);
    const total = rows.reduce((sum, each) => sum + each, 0);
    const joined = Object.fromEntries(
      names.map((name) => [
        name,
        join(
          batch.map(({ inputs }) => inputs[name]!),
          total,
        ),
      ]),
    );
    const outputs = await this.#run(replica, joined, total);
    const parted = rows.map((): Record<string, NdArray> => ({}));
    for (const [name, output] of Object.entries(outputs))
      for (const [i, own] of part(output, rows).entries()) parted[i]![name] = own;
    return parted;
  }
}

/** What must agree for inputs to be joined: all but the first dimension. */
function keyOf(inputs: Arrays): string {
  let key = '';
  for (const name in inputs) {
    const { shape } = inputs[name]!;
    for (let axis = 1; axis < shape.length; axis++) key += `${shape[axis]},`;
    key += ';';
  }
  return key;
}

/** Arrays one behind the other along their first dimension. */
function join(arrays: readonly NdArray[], rows: number): NdArray {
  const { dtype, shape } = arrays[0]!;
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let position = 0;
  for (const { data } of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return new NdArray(dtype, [rows, ...shape.slice(1)], new (typedArrayOf(dtype))(bytes.buffer));
}

/** An array in parts of so many rows along its first dimension. @throws RangeError when they are not all of it */
function part({ dtype, shape, data }: NdArray, rows: readonly number[]): NdArray[] {
  const total = rows.reduce((sum, each) => sum + each, 0);
  if (shape[0] !== total) throw new RangeError(`The output has ${shape[0]} rows, not ${total}.`);
  const inner = shape.slice(1);
  const size = data.length / total;
  let start = 0;
  return rows.map((count) => {
    const own = data.slice(start * size, (start + count) * size);
    start += count;
    return new NdArray(dtype, [count, ...inner], own);
  });
}

/**
 * Why a model's requests cannot be joined; undefined where they can: all inputs and outputs have the same open dimension first, and no
 * other place has it.
 */
export function whyNotJoined({ inputs, outputs }: ModelConfig): string | undefined {
  const batch = inputs[0]?.shape[0];
  if (typeof batch !== 'string') return `the first dimension of its input '${inputs[0]?.name}' is not open`;
  const wrong = [...inputs, ...outputs].find((spec) => !isBatched(spec, batch));
  return wrong && `its '${wrong.name}' is not open in '${batch}' along the first dimension alone`;
}

const isBatched = ({ shape }: TensorSpec, batch: string): boolean =>
  shape[0] === batch && !shape.slice(1).includes(batch);
