import { NdArray } from '../../graph/array.js';
import { VectorMemory } from '../../runtime/elementwise/run.js';
import type { OnnxRuntime } from '../../runtime/runtime.js';
import type { EngineSetup } from './protocol.js';

/** Applies the optimiser to this worker's share of the vectors, in place. */
export interface Update {
  run(hyper: readonly number[]): Promise<void>;
  release(): Promise<void>;
}

/** Makes the vectors of a worker, where its update can work on them. */
export interface Vectors {
  vector(length: number): Float32Array<ArrayBuffer>;
}

/** The vectors an update reads and writes: this worker's share of each. */
export interface UpdateVectors {
  /** Parameters, slots, and their average if one is kept. */
  readonly kept: readonly Float32Array<ArrayBuffer>[];
  readonly gradient: Float32Array<ArrayBuffer>;
}

/** Where a worker's vectors lie, and how its update is made over them. */
export interface UpdateHost {
  readonly vectors: Vectors;
  /** @param group which of the setup's groups these are of */
  open(over: UpdateVectors, group: number): Promise<Update>;
}

/** @param lengths of all vectors that will be asked for */
export function updateHost(
  runtime: OnnxRuntime,
  setup: EngineSetup,
  worker: number,
  lengths: readonly number[],
): UpdateHost {
  const { update, threads } = setup;
  if (update.kind === 'loop') {
    const memory = new VectorMemory(lengths);
    return { vectors: memory, open: async (over) => loopUpdate(memory, update.module, over) };
  }
  const vectors: Vectors = { vector: (length) => new Float32Array(length) };
  return {
    vectors,
    async open(over, group) {
      const model = update.kind === 'graphs' ? update.models[group]?.[worker] : undefined;
      if (!model) return { run: async () => undefined, release: async () => undefined };
      return sessionUpdate(runtime, model, threads, setup.hyper.length, over);
    },
  };
}

function loopUpdate(
  memory: VectorMemory,
  module: Uint8Array<ArrayBuffer>,
  { kept, gradient }: UpdateVectors,
): Update {
  const loop = memory.instantiate(module);
  const pointers = [...kept, gradient, ...kept].map(({ byteOffset }) => byteOffset);
  return {
    async run(hyper) {
      loop(gradient.byteLength, ...pointers, ...hyper);
    },
    async release() {},
  };
}

async function sessionUpdate(
  runtime: OnnxRuntime,
  model: Uint8Array,
  threads: number,
  scalars: number,
  { kept, gradient }: UpdateVectors,
): Promise<Update> {
  const session = await runtime.open(model, { threads });
  const asArray = (data: Float32Array<ArrayBuffer>): NdArray => new NdArray('float32', [data.length], data);
  const outputs = kept.map(asArray);
  const hyperArrays = Array.from({ length: scalars }, () => new NdArray('float32', []));
  const inputs = [...outputs, asArray(gradient), ...hyperArrays];
  return {
    async run(hyper) {
      for (const [position, value] of hyper.entries()) hyperArrays[position]!.data[0] = value;
      await session.run(inputs, outputs);
    },
    release: () => session.release(),
  };
}
