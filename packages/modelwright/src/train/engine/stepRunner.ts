import type { NdArray } from '../../graph/array.js';
import { fromParcel, toParcel } from '../../runtime/parcel.js';
import type { Executable, OnnxRuntime } from '../../runtime/runtime.js';
import type { Exchange } from './exchange.js';
import { overlapOf, shareOf, viewsOf } from './layout.js';
import type { EngineSetup, EngineVariables, EvaluationResult, Group, Shard, StepResult } from './protocol.js';
import type { Runner } from './runner.js';
import { type Update, updateHost } from './update.js';

/**
 * One worker's part of a training in this computer's memory: its copy of the parameters, its share of the optimiser's arrays, and the
 * compiled graphs. All of it lies in flat vectors that ONNX Runtime reads and writes in place.
 */
export class StepRunner implements Runner {
  readonly #setup: EngineSetup;
  readonly #exchange: Exchange | undefined;
  readonly #runtime: OnnxRuntime;
  readonly #programs = new Map<number, Executable>();
  /** One for each group of the setup. */
  readonly #updates: readonly Update[];
  readonly #share: readonly [start: number, end: number];

  readonly #parameters: Float32Array<ArrayBuffer>;
  readonly #state: Float32Array<ArrayBuffer>;
  readonly #slots: readonly Float32Array<ArrayBuffer>[];
  readonly #average: Float32Array<ArrayBuffer> | undefined;
  /** Gradients, then the new state, then the extras, one behind another: of this worker, and then of all. */
  readonly #results: Float32Array<ArrayBuffer>;

  readonly #variableViews: readonly NdArray[];
  readonly #averageViews: readonly NdArray[];
  readonly #resultViews: readonly NdArray[];

  static async open(
    runtime: OnnxRuntime,
    setup: EngineSetup,
    worker: number,
    exchange?: Exchange,
  ): Promise<StepRunner> {
    const held = holdVectors(runtime, setup, worker);
    return new StepRunner(runtime, setup, held, await held.openUpdates(), exchange);
  }

  private constructor(
    runtime: OnnxRuntime,
    setup: EngineSetup,
    held: HeldVectors,
    updates: readonly Update[],
    exchange: Exchange | undefined,
  ) {
    this.#runtime = runtime;
    this.#setup = setup;
    this.#exchange = exchange;
    this.#updates = updates;
    this.#share = held.share;
    this.#parameters = held.parameters;
    this.#state = held.state;
    this.#slots = held.slots;
    this.#average = held.average;
    this.#results = held.results;
    const { parameters, state, extras } = setup;
    const stateViews = viewsOf(state, this.#state);
    this.#variableViews = [...viewsOf(parameters, this.#parameters), ...stateViews];
    this.#averageViews = this.#average
      ? [...viewsOf(parameters, this.#average), ...stateViews]
      : this.#variableViews;
    this.#resultViews = [
      ...viewsOf(parameters, this.#results),
      ...viewsOf(state, this.#results.subarray(parameters.size)),
      ...viewsOf(extras, this.#results.subarray(parameters.size + state.size)),
    ];
  }

  async addProgram(program: number, model: Uint8Array): Promise<void> {
    this.#programs.set(program, await this.#runtime.open(model, { threads: this.#setup.threads }));
  }

  async step(
    shards: readonly (Shard | undefined)[],
    hyper: readonly number[],
    group: number,
  ): Promise<StepResult> {
    try {
      return await this.#step(shards, hyper, group);
    } catch (error) {
      this.#exchange?.fail();
      throw error;
    }
  }

  async #step(
    shards: readonly (Shard | undefined)[],
    hyper: readonly number[],
    group: number,
  ): Promise<StepResult> {
    const { parameters, state } = this.#setup;
    const [start, end] = this.#share;
    const sums = this.#results;
    let earlier: Float32Array | undefined;
    for (const shard of shards) {
      if (shard) await this.#run(shard, this.#variableViews, this.#resultViews);
      else sums.fill(0);
      if (earlier) for (let i = 0; i < sums.length; i++) sums[i]! += earlier[i]!;
      if (shards.length > 1) earlier = sums.slice();
    }
    this.#exchange?.sumGradients(sums, parameters.size);
    const gradientNorm = this.#clip(sums, start, end);
    await this.#updates[group]!.run(hyper);
    this.#exchange?.gather(this.#parameters);
    if (this.#average) this.#exchange?.gather(this.#average);
    this.#state.set(sums.subarray(parameters.size, parameters.size + state.size));
    return { extras: sums.slice(parameters.size + state.size), gradientNorm };
  }

  /** Shortens this worker's share of the gradient when the whole of it is longer than allowed. */
  #clip(gradient: Float32Array, start: number, end: number): number {
    const { clipNorm } = this.#setup;
    if (clipNorm === 0) return Number.NaN;
    let squares = 0;
    for (let i = start; i < end; i++) squares += gradient[i]! * gradient[i]!;
    const norm = Math.sqrt(this.#exchange ? this.#exchange.sumNumber(squares) : squares);
    const scale = clipNorm / (norm + 1e-6);
    if (scale < 1) for (let i = start; i < end; i++) gradient[i]! *= scale;
    return norm;
  }

  async evaluate(shard: Shard, averaged: boolean): Promise<EvaluationResult> {
    const { extras } = this.#setup;
    const outputs = await this.#run(shard, averaged ? this.#averageViews : this.#variableViews);
    const found = new Float32Array(extras.size);
    for (const [position, { offset }] of extras.places.entries())
      found.set(outputs[position]!.data as Float32Array, offset);
    return { extras: found, outputs: outputs.slice(extras.places.length).map(toParcel) };
  }

  async #run(
    { program, arrays }: Shard,
    variables: readonly NdArray[],
    outputs?: readonly NdArray[],
  ): Promise<NdArray[]> {
    const executable = this.#programs.get(program);
    if (!executable) throw new Error(`This worker was given no program ${program}.`);
    return executable.run([...variables, ...arrays.map(fromParcel)], outputs);
  }

  read(): EngineVariables {
    return {
      parameters: this.#parameters.slice(),
      state: this.#state.slice(),
      slots: this.#slots.map((slot) => {
        const whole = new Float32Array(this.#parameters.length);
        whole.set(slot, this.#share[0]);
        return whole;
      }),
      average: this.#average?.slice(),
    };
  }

  write({ parameters, state, slots, average }: EngineVariables): void {
    this.#parameters.set(parameters);
    this.#state.set(state);
    for (const [position, slot] of this.#slots.entries()) slot.set(slots[position]!.subarray(...this.#share));
    if (average) this.#average?.set(average);
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await program.release();
    for (const update of this.#updates) await update.release();
  }
}

/** The flat vectors of a worker. */
interface HeldVectors {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly state: Float32Array<ArrayBuffer>;
  readonly slots: readonly Float32Array<ArrayBuffer>[];
  readonly average: Float32Array<ArrayBuffer> | undefined;
  readonly results: Float32Array<ArrayBuffer>;
  /** The part of the parameters that this worker updates. */
  readonly share: readonly [start: number, end: number];
  openUpdates(): Promise<Update[]>;
}

function holdVectors(runtime: OnnxRuntime, setup: EngineSetup, worker: number): HeldVectors {
  const {
    parameters: { size },
    state,
    extras,
  } = setup;
  const share = shareOf(size, worker, setup.workers);
  const shareLength = share[1] - share[0];
  const resultLength = size + state.size + extras.size;
  const lengths = [
    size,
    state.size,
    ...setup.slots.map(() => shareLength),
    ...(setup.average ? [size] : []),
    resultLength,
  ];
  const { vectors, open } = updateHost(runtime, setup, worker, lengths);
  const parameters = vectors.vector(size);
  const slots = setup.slots.map(({ initial }) => vectors.vector(shareLength).fill(initial));
  const average = setup.average ? vectors.vector(size) : undefined;
  const results = vectors.vector(resultLength);
  // The slots hold the share alone, so that a stretch of them begins where the share does.
  const updateOf = async ([start, end]: Group, group: number): Promise<Update> => {
    if (start === end) return nothing;
    const kept = [
      parameters.subarray(start, end),
      ...slots.map((slot) => slot.subarray(start - share[0], end - share[0])),
      ...(average ? [average.subarray(start, end)] : []),
    ];
    return open({ kept, gradient: results.subarray(start, end) }, group);
  };
  return {
    parameters,
    slots,
    average,
    results,
    share,
    state: vectors.vector(state.size),
    openUpdates: () => Promise.all(setup.groups.map((group, i) => updateOf(overlapOf(group, share), i))),
  };
}

/** The update where a worker has no share of a group. */
const nothing: Update = { run: async () => undefined, release: async () => undefined };
