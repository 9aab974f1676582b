import { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { add } from '../../primitives/index.js';
import { drawUniform } from '../../primitives/random.js';
import { ortModel } from '../../runtime/ort.js';
import { fromParcel, toParcel } from '../../runtime/parcel.js';
import type { DeviceArray, DeviceRuntime, HoldingExecutable } from '../../runtime/runtime.js';
import type {
  EngineSetup,
  EngineVariables,
  EvaluationResult,
  OnDevice,
  Shard,
  StepResult,
} from './protocol.js';
import type { Runner } from './runner.js';

const vector = (name: string): Tensor => input(name, 'float32', ['length']);
const [one, other] = [vector('one'), vector('other')];
const copy = new Graph([one], [one]);
const sum = new Graph([one, other], [add(one, other)]);

const asArray = (data: Float32Array<ArrayBuffer>): NdArray => new NdArray('float32', [data.length], data);

interface DeviceProgram {
  readonly executable: HoldingExecutable;
  readonly random: OnDevice['random'];
}

/** The arrays of a step, their key made into the random numbers that are drawn with it: WebGPU has no operators on bits. */
function withDraws(arrays: readonly NdArray[], random: OnDevice['random']): NdArray[] {
  if (!random) return [...arrays];
  const key = arrays.at(-1)!;
  const rest = random.takesKey ? [...arrays] : arrays.slice(0, -1);
  const size = random.draws.reduce((total, draw) => total + draw.size, 0);
  if (size === 0) return rest;
  const numbers = new NdArray('float32', [size]);
  let offset = 0;
  for (const draw of random.draws) {
    drawUniform(key.data as Int32Array, draw.salt, numbers.data.subarray(offset, offset + draw.size));
    offset += draw.size;
  }
  return [...rest, numbers];
}

/**
 * A training on a device with memory of its own. Parameters, state and the optimiser's arrays stay there as flat vectors; what crosses
 * over in a step is the batch, and back what the step says: the loss and the metrics' statistics.
 */
export class DeviceRunner implements Runner {
  readonly #setup: EngineSetup;
  readonly #runtime: DeviceRuntime;
  /** One for each group of the setup. */
  readonly #updates: readonly HoldingExecutable[];
  readonly #bring: HoldingExecutable;
  readonly #fetch: HoldingExecutable;
  readonly #add: HoldingExecutable;
  readonly #programs = new Map<number, DeviceProgram>();
  /** Parameters, slots, and the average if one is kept; nothing where there are no parameters. */
  #kept: DeviceArray[] = [];
  #state: DeviceArray | undefined;
  /** Of the step under way: the sums of gradients and new states so far. */
  #results: DeviceArray | undefined;

  static async open(runtime: DeviceRuntime, setup: EngineSetup): Promise<DeviceRunner> {
    const { device, update, slots, average, state } = setup;
    const models = update.kind === 'vectors' ? update.models : [];
    const held = 1 + slots.length + Number(average) + Number(state.size > 0);
    const opened: HoldingExecutable[] = [];
    const open = async (model: Uint8Array, held: number): Promise<HoldingExecutable> => {
      const executable = await runtime.openHolding(model, held);
      opened.push(executable);
      return executable;
    };
    try {
      // One after another: browsers make no two sessions at once.
      const updates: HoldingExecutable[] = [];
      for (const model of models) updates.push(await open(model, held));
      const bring = await open(ortModel(copy, device), 1);
      const fetch = await open(ortModel(copy, device), 0);
      const add = await open(ortModel(sum, device), 1);
      return new DeviceRunner(runtime, setup, updates, { bring, fetch, add });
    } catch (error) {
      for (const executable of opened) await executable.release();
      throw error;
    }
  }

  private constructor(
    runtime: DeviceRuntime,
    setup: EngineSetup,
    updates: readonly HoldingExecutable[],
    { bring, fetch, add }: Readonly<Record<'bring' | 'fetch' | 'add', HoldingExecutable>>,
  ) {
    this.#runtime = runtime;
    this.#setup = setup;
    this.#updates = updates;
    this.#bring = bring;
    this.#fetch = fetch;
    this.#add = add;
  }

  async addProgram(program: number, model: Uint8Array, { held, random }: OnDevice): Promise<void> {
    this.#programs.set(program, { executable: await this.#runtime.openHolding(model, held), random });
  }

  async step(
    shards: readonly (Shard | undefined)[],
    hyper: readonly number[],
    group: number,
  ): Promise<StepResult> {
    const extras = new Float32Array(this.#setup.extras.size);
    try {
      for (const shard of shards) {
        if (!shard) continue;
        const { held, read } = await this.#run(shard, this.#kept[0]);
        const found = read[0]!.data as Float32Array;
        for (let i = 0; i < extras.length; i++) extras[i]! += found[i]!;
        await this.#addToResults(held[0]);
      }
      return { extras, gradientNorm: await this.#update(hyper, group) };
    } finally {
      this.#results?.release();
      this.#results = undefined;
    }
  }

  async #addToResults(more: DeviceArray | undefined): Promise<void> {
    const sofar = this.#results;
    if (!sofar || !more) {
      this.#results = sofar ?? more;
      return;
    }
    try {
      this.#results = (await this.#add.run([sofar, more])).held[0];
      sofar.release();
    } finally {
      more.release();
    }
  }

  async #update(hyper: readonly number[], group: number): Promise<number> {
    const [kept, results, update] = [this.#kept, this.#results, this.#updates[group]];
    if (!results) return Number.NaN;
    if (!update) {
      // Without parameters the results are the new state alone.
      this.#state?.release();
      this.#state = results;
      this.#results = undefined;
      return Number.NaN;
    }
    const scalars = hyper.map((value) => NdArray.from(value));
    const { held, read } = await update.run([...kept, results, ...scalars]);
    for (const array of kept) array.release();
    this.#kept = held.slice(0, kept.length);
    if (held.length > kept.length) {
      this.#state?.release();
      this.#state = held[kept.length];
    }
    return read[0] ? (read[0].data[0] as number) : Number.NaN;
  }

  async evaluate(shard: Shard, averaged: boolean): Promise<EvaluationResult> {
    const { average } = this.#setup;
    const { read } = await this.#run(shard, averaged && average ? this.#kept.at(-1) : this.#kept[0]);
    const [extras, ...outputs] = read;
    return { extras: extras!.data as Float32Array<ArrayBuffer>, outputs: outputs.map(toParcel) };
  }

  #run({ program, arrays }: Shard, parameters: DeviceArray | undefined) {
    const found = this.#programs.get(program);
    if (!found) throw new Error(`This worker was given no program ${program}.`);
    const variables = [parameters, this.#state].filter((array) => array !== undefined);
    return found.executable.run([...variables, ...withDraws(arrays.map(fromParcel), found.random)]);
  }

  async read(): Promise<EngineVariables> {
    const { parameters, slots, average, state } = this.#setup;
    const vectors: Float32Array<ArrayBuffer>[] = [];
    for (const array of this.#kept) vectors.push(await this.#read(array));
    const empty = new Float32Array(parameters.size);
    return {
      parameters: vectors[0] ?? empty,
      slots: slots.map((_, i) => vectors[1 + i] ?? empty),
      average: average ? (vectors[1 + slots.length] ?? empty) : undefined,
      state: this.#state ? await this.#read(this.#state) : new Float32Array(state.size),
    };
  }

  async #read(array: DeviceArray): Promise<Float32Array<ArrayBuffer>> {
    const { read } = await this.#fetch.run([array]);
    return read[0]!.data as Float32Array<ArrayBuffer>;
  }

  async write({ parameters, slots, average, state }: EngineVariables): Promise<void> {
    this.#drop();
    if (parameters.length > 0) {
      for (const data of [parameters, ...slots, ...(this.#setup.average && average ? [average] : [])])
        this.#kept.push(await this.#write(data));
    }
    if (state.length > 0) this.#state = await this.#write(state);
  }

  #drop(): void {
    for (const array of [...this.#kept, this.#state]) array?.release();
    this.#kept = [];
    this.#state = undefined;
  }

  async #write(data: Float32Array<ArrayBuffer>): Promise<DeviceArray> {
    const { held } = await this.#bring.run([asArray(data)]);
    return held[0]!;
  }

  async release(): Promise<void> {
    this.#drop();
    const programs = [...this.#programs.values()].map(({ executable }) => executable);
    const sessions = [...programs, ...this.#updates, this.#bring, this.#fetch, this.#add];
    for (const session of sessions) await session.release();
  }
}
