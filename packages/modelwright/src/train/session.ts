import { NdArray, sizeOf } from '../graph/array.js';
import type { Graph } from '../graph/graph.js';
import { entries } from '../graph/tree.js';
import type { ArrayTree, Variables } from '../nn/context.js';
import type { Metric } from '../nn/metrics/index.js';
import { withArrays } from '../nn/transfer.js';
import type { Optimizer } from '../optim/index.js';
import { rateFactorSlot } from '../optim/rateFactors.js';
import { randomKey } from '../primitives/index.js';
import { compileElementwise } from '../runtime/elementwise/compile.js';
import { VectorMemory } from '../runtime/elementwise/run.js';
import { ortModel, ortModelWithPauses } from '../runtime/ort.js';
import { fromParcel } from '../runtime/parcel.js';
import type { Device } from '../runtime/runtime.js';
import { flopsOf } from '../transforms/flops.js';
import { simplify } from '../transforms/simplify.js';
import {
  type Batch,
  batchKey,
  batchLength,
  exampleWeights,
  requireLabels,
  rowParcels,
  rowTypes,
} from './batch.js';
import { arraysOf, type Engine } from './engine/engine.js';
import { type Layout, overlapOf, shareOf } from './engine/layout.js';
import type { EngineVariables, Group, Shard, UpdateProgram } from './engine/protocol.js';
import { type DeviceGraph, flatEvaluation, flatGradient, flatUpdate } from './flat.js';
import type { AlternateStep } from './options.js';
import { trainingPlatform } from './platform.js';
import {
  groupOf,
  hyperNames,
  type LabelRange,
  layoutsOf,
  type StepSpec,
  type TracedGraph,
  traceEvaluation,
  traceGradient,
  traceUpdate,
} from './step.js';

export interface SessionOptions extends StepSpec {
  /** Left out where nothing is trained. */
  readonly optimizer?: Optimizer | undefined;
  readonly seed: number;
  readonly device?: Device | undefined;
  /** How many parts each batch is split into, each on a thread of its own. Default: chosen from the graph. */
  readonly workers?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly clipValue?: number | undefined;
  /** What the learning rate of a parameter is multiplied with, by its name; used by optimisers made by `withRateFactors`. */
  readonly rateFactor?: ((name: string) => number) | undefined;
  /** Decay of the running average of the parameters, if one is kept. */
  readonly average?: number | undefined;
  readonly classWeights?: readonly number[] | undefined;
  /** Steps of other kinds on the same variables, that may be taken beside the first. */
  readonly alternates?: readonly AlternateStep[] | undefined;
}

/** What is known of a step when it is done. */
export interface StepOutcome {
  /** Mean loss over the step's examples. */
  readonly loss: number;
  /** Euclidean length of the gradient before clipping; NaN where no clipping was asked for. */
  readonly gradientNorm: number;
}

/** Sums over some batches. */
export interface Totals {
  /** Weighted sum of the losses. */
  loss: number;
  /** Sum of the weights. */
  weight: number;
  /** The metrics' statistics, by name. */
  readonly statistics: Map<string, NdArray<'float32'>>;
}

export const noTotals = (): Totals => ({ loss: 0, weight: 0, statistics: new Map() });

/** Adds the sums of one batch to those so far. */
export function addTotals(
  totals: Totals,
  extras: Layout,
  values: Float32Array,
  weight: number,
  lossScale: number,
): void {
  const arrays = arraysOf(extras.places, values);
  totals.loss += arrays.get('loss')!.data[0]! * lossScale;
  totals.weight += weight;
  arrays.delete('loss');
  for (const [name, array] of arrays) {
    const sofar = totals.statistics.get(name);
    if (!sofar) totals.statistics.set(name, array);
    else for (let i = 0; i < array.size; i++) sofar.data[i]! += array.data[i]!;
  }
}

/** The mean loss and the metrics that sums amount to. */
export function summarizeTotals(
  { loss, weight, statistics }: Totals,
  metrics: readonly Metric[],
): Record<string, number> {
  const result: Record<string, number> = { loss: loss / weight };
  for (const [position, metric] of metrics.entries()) {
    const own = [...statistics].filter(([name]) => name.startsWith(`${position}.`));
    result[metric.name] = metric.compute(
      Object.fromEntries(own.map(([name, array]) => [name.slice(`${position}.`.length), array])),
    );
  }
  return result;
}

const noUpdate: UpdateProgram = { kind: 'graphs', models: [] };

/** Whether a device has a memory of its own, where a training's vectors stay. */
const hasMemory = (device: Device): boolean => device !== 'cpu';

/** The optimiser as one loop if it can be one and the vectors have room in its memory, else as a graph for each worker. */
function updateProgram(
  optimizer: Optimizer,
  { parameters, state }: { readonly parameters: Layout; readonly state: Layout },
  groups: readonly Group[],
  workers: number,
  device: Device,
  options: SessionOptions,
): UpdateProgram {
  if (hasMemory(device)) {
    const trained = parameters.size > 0 ? groups : [];
    const traced = trained.map((group) => flatUpdate(optimizer, { parameters, state }, group, options));
    return { kind: 'vectors', models: traced.map((graph) => ortModel(graph, device)) };
  }
  const vectors = optimizer.slots.length + (options.average === undefined ? 2 : 3);
  const roomy = VectorMemory.fits([vectors * parameters.size, 2 * state.size, 1e6]);
  const module = roomy
    ? compileElementwise(simplify(traceUpdate(optimizer, parameters.size, options)))
    : undefined;
  if (module) return { kind: 'loop', module };
  const models = groups.map((group) =>
    Array.from({ length: workers }, (_, worker) => {
      const [start, end] = overlapOf(group, shareOf(parameters.size, worker, workers));
      return ortModel(traceUpdate(optimizer, end - start, options), device);
    }),
  );
  return { kind: 'graphs', models };
}

const inMemory = ({ graph }: TracedGraph): DeviceGraph => ({ graph, onDevice: { held: 0 } });

/** What the steps beside the first are made of. */
function specsOf({ alternates = [], variables, held }: SessionOptions): StepSpec[] {
  return alternates.map(({ model, loss, trains }) => ({ model, loss, trains, variables, held, metrics: [] }));
}

const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** One training under way: an engine that holds its variables, and the graphs compiled for it so far. */
export class TrainingSession {
  readonly #options: SessionOptions;
  readonly #engine: Engine;
  readonly #layouts: { parameters: Layout; state: Layout };
  readonly #extras: Layout;
  readonly #labels: LabelRange | undefined;
  readonly #programs = new Map<string, Promise<number>>();
  #nextWorker = 0;

  /** Starts the workers and compiles the step for batches like `sample`. */
  static async open(options: SessionOptions, sample: Batch): Promise<TrainingSession> {
    const platform = trainingPlatform();
    const device = options.device ?? 'cpu';
    if (!platform.devices.includes(device)) {
      throw new Error(`There is no device '${device}' here; there is ${platform.devices.join(' and ')}.`);
    }
    await breathe();
    const types = rowTypes(sample, batchLength(sample));
    const traced = options.optimizer ? traceGradient(options, types) : traceEvaluation(options, types);
    await breathe();
    const layouts = layoutsOf(options.variables, options.held);
    const { optimizer } = options;
    const wanted =
      options.workers ??
      chooseWorkers(traced.graph, layouts.parameters, optimizer !== undefined, platform.cores);
    const workers = device === 'cpu' ? Math.min(batchLength(sample), wanted) : 1;
    const groups = [options, ...specsOf(options)].map(groupOf);
    const update = optimizer ? updateProgram(optimizer, layouts, groups, workers, device, options) : noUpdate;
    await breathe();
    const engine = await platform.openEngine({
      device,
      workers,
      threads: Math.max(1, Math.floor(platform.cores / workers)),
      ...layouts,
      groups,
      extras: traced.extras,
      slots: optimizer?.slots ?? [],
      average: options.average !== undefined,
      hyper: optimizer ? hyperNames(optimizer) : [],
      clipNorm: options.clipNorm ?? 0,
      update,
    });
    const session = new TrainingSession(options, engine, layouts, traced);
    try {
      await session.write(options.variables);
      for (const [start, end] of optimizer ? session.#parts(batchLength(sample)) : []) {
        for (let kind = 0; kind < groups.length; kind++)
          await session.#gradientProgram(sample, end - start, kind);
      }
    } catch (error) {
      await engine.close();
      throw error;
    }
    return session;
  }

  private constructor(
    options: SessionOptions,
    engine: Engine,
    layouts: { parameters: Layout; state: Layout },
    { extras, labels }: TracedGraph,
  ) {
    this.#options = options;
    this.#engine = engine;
    this.#layouts = layouts;
    this.#extras = extras;
    this.#labels = labels;
  }

  get workers(): number {
    return this.#engine.workers;
  }

  get #device(): Device {
    return this.#options.device ?? 'cpu';
  }

  /** Number of trainable numbers. */
  get parameterCount(): number {
    return this.#layouts.parameters.places.reduce((total, { shape }) => total + sizeOf(shape), 0);
  }

  /** Rows of a batch that each worker takes. */
  #parts(length: number): (readonly [start: number, end: number])[] {
    const { workers } = this.#engine;
    return Array.from(
      { length: workers },
      (_, worker) =>
        [Math.floor((length * worker) / workers), Math.floor((length * (worker + 1)) / workers)] as const,
    ).filter(([start, end]) => end > start);
  }

  #program(key: string, trace: () => DeviceGraph): Promise<number> {
    let program = this.#programs.get(key);
    if (!program) {
      const id = this.#programs.size;
      const compile = async (): Promise<number> => {
        const { graph, onDevice } = trace();
        await breathe();
        const model = await ortModelWithPauses(graph, this.#device, breathe);
        await breathe();
        await this.#engine.addProgram(id, model, onDevice);
        return id;
      };
      program = compile();
      this.#programs.set(key, program);
    }
    return program;
  }

  /** @param kind 0 for the first kind of step, and then those beside it */
  #gradientProgram(batch: Batch, rows: number, kind: number): Promise<number> {
    const types = rowTypes(batch, rows);
    const spec = kind === 0 ? this.#options : specsOf(this.#options)[kind - 1]!;
    return this.#program(`gradient ${kind} ${batchKey(types)}`, () => {
      const traced = traceGradient(spec, types);
      return hasMemory(this.#device) ? flatGradient(traced, this.#layouts) : inMemory(traced);
    });
  }

  /**
   * Sends off one step of the optimiser on one or more batches together. Resolves once it is on its way; `finished` resolves
   * when it is done and its sums are added to the totals.
   * @param step counts from 1
   * @param kind 0 for the first kind of step, and then those beside it
   * @param update how many steps of this kind that makes. Default: as many as the step says
   */
  async step(
    batches: readonly Batch[],
    step: number,
    learningRate: number,
    totals: Totals,
    { kind = 0, update = step }: { readonly kind?: number; readonly update?: number } = {},
  ): Promise<{ finished: Promise<StepOutcome> }> {
    const { optimizer, seed, classWeights } = this.#options;
    if (!optimizer) throw new Error('This session was opened for evaluation; it has no optimiser.');
    for (const batch of batches) requireLabels(batch, this.#labels);
    const weights = batches.map((batch) => exampleWeights(batch, classWeights));
    const total = weights.reduce((sum, each) => sum + each.reduce((a, b) => a + b, 0), 0);
    const examples = batches.reduce((sum, batch) => sum + batchLength(batch), 0);
    const shards: (Shard | undefined)[][] = [];
    for (const [position, batch] of batches.entries()) {
      const parts = this.#parts(batchLength(batch));
      const row: (Shard | undefined)[] = [];
      for (const [worker, [start, end]] of parts.entries()) {
        const program = await this.#gradientProgram(batch, end - start, kind);
        const weight = weights[position]!.slice(start, end).map((value) => value / (total || 1));
        const key = randomKey(seed, step, position, worker, ...(kind > 0 ? [kind] : []));
        row.push({
          program,
          arrays: [
            ...rowParcels(batch, start, end),
            new NdArray('float32', [end - start], weight),
            NdArray.from((end - start) / examples),
            key,
          ],
        });
      }
      shards.push(row);
    }
    const hyper = Object.values(optimizer.hyperparameters(update, learningRate));
    const finished = this.#engine.step(shards, hyper, kind).then(({ extras, gradientNorm }) => {
      addTotals(totals, this.#extras, extras, total, total);
      return { loss: extras[0]!, gradientNorm };
    });
    return { finished };
  }

  /** Evaluates one batch: adds to the totals, and gives the predictions if they are wanted. */
  async evaluate(
    batch: Batch,
    rows: number,
    totals: Totals,
    options: { predictions?: boolean; averaged?: boolean } = {},
  ): Promise<NdArray | undefined> {
    requireLabels(batch, this.#labels);
    const length = batchLength(batch);
    const types = rowTypes(batch, rows);
    const { predictions = false } = options;
    const program = await this.#program(`evaluation ${predictions} ${batchKey(types)}`, () => {
      const traced = traceEvaluation(this.#options, types, { predictions });
      return hasMemory(this.#device) ? flatEvaluation(traced, this.#layouts) : inMemory(traced);
    });
    const weights = exampleWeights(batch, undefined);
    const padded = new Float32Array(rows);
    padded.set(weights);
    const arrays = [...rowParcels(batch, 0, length, rows), new NdArray('float32', [rows], padded)];
    const worker = this.#nextWorker;
    this.#nextWorker = (worker + 1) % this.#engine.workers;
    const { extras, outputs } = await this.#engine.evaluate(
      { program, arrays },
      worker,
      options.averaged ?? false,
    );
    addTotals(
      totals,
      this.#extras,
      extras,
      weights.reduce((a, b) => a + b, 0),
      1,
    );
    const [prediction] = outputs.map(fromParcel);
    return prediction;
  }

  /** Everything the training changes, flat. */
  read(): Promise<EngineVariables> {
    return this.#engine.read();
  }

  /** Puts back what `read` gave. */
  restore(variables: EngineVariables): Promise<void> {
    return this.#engine.write(variables);
  }

  /** The model's variables out of what `read` gave; those of the running average where one is kept and wanted. */
  variablesOf(flat: EngineVariables, averaged = false): Variables {
    return variablesFrom(this.#options, flat, averaged);
  }

  /** Starts from these variables, with the optimiser's arrays at their beginning. */
  async write(variables: Variables): Promise<void> {
    const parameters = flatten(this.#layouts.parameters, variables.parameters);
    await this.#engine.write({
      parameters,
      state: flatten(this.#layouts.state, variables.state),
      slots: this.#startingSlots(),
      average: this.#options.average === undefined ? undefined : parameters.slice(),
    });
  }

  #startingSlots(): Float32Array<ArrayBuffer>[] {
    const { places, size } = this.#layouts.parameters;
    return (this.#options.optimizer?.slots ?? []).map(({ name, initial }) => {
      const slot = new Float32Array(size).fill(initial);
      if (name !== rateFactorSlot) return slot;
      for (const { name: parameter, offset, shape } of places)
        slot.fill(this.#options.rateFactor?.(parameter) ?? 1, offset, offset + sizeOf(shape));
      return slot;
    });
  }

  /**
   * Goes on from a session in which more was held: the same variables, the optimiser's arrays where it had some, and those of what
   * is new at their beginning.
   */
  async continueFrom(earlier: TrainingSession, flat: EngineVariables): Promise<void> {
    const [from, to] = [earlier.#layouts.parameters, this.#layouts.parameters];
    const variables = earlier.variablesOf(flat);
    const parameters = flatten(to, variables.parameters);
    const carried = (vector: Float32Array<ArrayBuffer>, start: Float32Array<ArrayBuffer>) => {
      const known = arraysOf(from.places, vector);
      for (const { name, offset } of to.places) {
        const array = known.get(name);
        if (array) start.set(array.data, offset);
      }
      return start;
    };
    await this.#engine.write({
      parameters,
      state: flatten(this.#layouts.state, variables.state),
      slots: this.#startingSlots().map((start, i) => carried(flat.slots[i]!, start)),
      average: flat.average && carried(flat.average, parameters.slice()),
    });
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

function flatten(layout: Layout, tree: ArrayTree): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(layout.size);
  const arrays = new Map(entries<NdArray>(tree));
  for (const { name, offset } of layout.places) vector.set(arrays.get(name)!.data as Float32Array, offset);
  return vector;
}

/** A model's variables out of the flat vectors of a session with these options; what it held is as it was. */
export function variablesFrom(
  { variables, held }: Pick<SessionOptions, 'variables' | 'held'>,
  flat: EngineVariables,
  averaged = false,
): Variables {
  const { parameters, state } = layoutsOf(variables, held);
  const vector = averaged && flat.average ? flat.average : flat.parameters;
  return {
    parameters: withArrays(variables.parameters, arraysOf(parameters.places, vector)),
    state: withArrays(variables.state, arraysOf(state.places, flat.state)),
  };
}

/** Below this many operations for each parameter, handing the parameters around costs more than splitting the batch gains. */
const worthSplitting = 4000;

/**
 * How many workers a batch is split over: a session a core, each on its part of the batch, where there is enough to compute for
 * what has to be exchanged, and one session that uses all cores elsewhere.
 */
function chooseWorkers(graph: Graph, parameters: Layout, trains: boolean, cores: number): number {
  if (!trains)
    return graph.nodes.some(({ primitive: { name } }) => name.startsWith('convolution') || name === 'scan')
      ? cores
      : 1;
  const flops = graph.nodes.reduce((total, node) => total + flopsOf(node), 0);
  return flops > worthSplitting * parameters.size ? cores : 1;
}
