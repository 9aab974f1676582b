import { shareOf } from './layout.js';
import type { SharedMemory } from './protocol.js';

const arrived = 0;
const generation = 1;
const failed = 2;
const signals = 3;
/** What a worker says that stopped only because another did. */
export const anotherFailed = 'Another worker of this training has failed.';
/** How long a worker waits for the others before it gives up, in milliseconds. */
const patience = 10 * 60 * 1000;

/** Makes the memory that `workers` workers exchange vectors of these lengths in. */
export function sharedMemory(workers: number, gradientSize: number, parameterSize: number): SharedMemory {
  return {
    control: new SharedArrayBuffer(16),
    gradients: Array.from({ length: workers }, () => new SharedArrayBuffer(4 * gradientSize)),
    parameters: new SharedArrayBuffer(4 * parameterSize),
    squares: new SharedArrayBuffer(8 * workers),
  };
}

/**
 * How the workers of one training agree: each gives its gradient, each gets the sum of all for the share it answers for, and
 * afterwards everybody's new parameters. Sums are taken in the order of the workers, so that they are the same every time.
 */
export class Exchange {
  readonly #worker: number;
  readonly #workers: number;
  readonly #control: Int32Array;
  readonly #gradients: readonly Float32Array[];
  readonly #parameters: Float32Array;
  readonly #squares: Float64Array;

  constructor(memory: SharedMemory, worker: number) {
    this.#worker = worker;
    this.#workers = memory.gradients.length;
    this.#control = new Int32Array(memory.control);
    this.#gradients = memory.gradients.map((buffer) => new Float32Array(buffer));
    this.#parameters = new Float32Array(memory.parameters);
    this.#squares = new Float64Array(memory.squares);
  }

  /**
   * Adds up what all workers have, in place: this worker's share of the first `size` elements, and everything behind them.
   */
  sumGradients(vector: Float32Array, size: number): void {
    const [start, end] = shareOf(size, this.#worker, this.#workers);
    const given = this.#gradients[this.#worker]!;
    given.set(vector.subarray(0, start));
    given.set(vector.subarray(end), end);
    this.#wait();
    const parts = this.#gradients.with(this.#worker, vector);
    sumInto(vector, parts, start, end);
    sumInto(vector, parts, size, vector.length);
  }

  /** The sum of one number a worker. */
  sumNumber(value: number): number {
    this.#squares[this.#worker] = value;
    this.#wait();
    return this.#squares.reduce((a, b) => a + b, 0);
  }

  /** Gives this worker's share of a vector to the others and takes theirs. */
  gather(vector: Float32Array): void {
    const [start, end] = shareOf(vector.length, this.#worker, this.#workers);
    this.#parameters.set(vector.subarray(start, end), start);
    this.#wait();
    vector.set(this.#parameters.subarray(0, start));
    vector.set(this.#parameters.subarray(end), end);
    // Nobody may write the next step's parameters before everybody has read these.
    this.#wait();
  }

  /** Tells the others that this worker cannot go on. */
  fail(): void {
    Atomics.store(this.#control, failed, 1);
    this.#signal();
  }

  #signal(): void {
    Atomics.add(this.#control, signals, 1);
    Atomics.notify(this.#control, signals);
  }

  /** Waits until all workers are here. A meeting that all came to ends well, though one of them fails right after it. */
  #wait(): void {
    this.#requireAll();
    const round = Atomics.load(this.#control, generation);
    if (Atomics.add(this.#control, arrived, 1) + 1 === this.#workers) {
      Atomics.store(this.#control, arrived, 0);
      Atomics.add(this.#control, generation, 1);
      this.#signal();
      return;
    }
    for (;;) {
      const seen = Atomics.load(this.#control, signals);
      if (Atomics.load(this.#control, generation) !== round) return;
      this.#requireAll();
      if (Atomics.wait(this.#control, signals, seen, patience) === 'timed-out') {
        throw new Error('A worker of this training has stopped answering.');
      }
    }
  }

  /** @throws Error when a worker has failed: it will come to no meeting any more */
  #requireAll(): void {
    if (Atomics.load(this.#control, failed) !== 0) throw new Error(anotherFailed);
  }
}

/** Sums in the order of the sources, of which the target may be one. */
function sumInto(target: Float32Array, sources: readonly Float32Array[], start: number, end: number): void {
  const [first, second, ...others] = sources as [Float32Array, Float32Array, ...Float32Array[]];
  if (others.length === 0) {
    for (let i = start; i < end; i++) target[i] = first[i]! + second[i]!;
    return;
  }
  for (let i = start; i < end; i++) {
    let total = Math.fround(first[i]! + second[i]!);
    for (const source of others) total = Math.fround(total + source[i]!);
    target[i] = total;
  }
}
