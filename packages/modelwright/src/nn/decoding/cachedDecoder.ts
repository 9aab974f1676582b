import { NdArray, sizeOf } from '../../graph/array.js';
import { entries, unflatten } from '../../graph/tree.js';
import { constant } from '../../primitives/index.js';
import { defaultRuntime } from '../../runtime/defaultRuntime.js';
import type { Executable, Runtime } from '../../runtime/runtime.js';
import { requireWhole } from '../checks.js';
import type { ArrayTree, TensorTree, Variables } from '../context.js';
import type { Layer } from '../layer.js';
import { type Cache, type DecodingInputs, decodingGraphs } from './decodingGraphs.js';
import type { StepModel } from './stepModel.js';

export interface CachedDecoderOptions {
  /** The model's other inputs, without their values: names, dtypes, shapes with 'batch' and other sizes open. Default: none. */
  readonly inputs?: DecodingInputs['others'];
  /** Which of the model's inputs the tokens are. Default: the last one. */
  readonly tokenInput?: number;
  /** The longest sequence the model can take. Default: no limit. */
  readonly length?: number;
  /** What runs the graphs. Default: ONNX Runtime on the CPU, in a thread of its own. */
  readonly runtime?: Runtime;
  /** Threads that one step may use. Default: as many as the machine has cores. */
  readonly threads?: number;
}

/** A model compiled for decoding with cached keys and values. Many sequences may be decoded with it, one after another. */
export class CachedDecoder {
  readonly #step: Executable;
  readonly #memory: Executable | undefined;
  readonly #caches: readonly Cache[];
  readonly #length: number;

  private constructor(
    step: Executable,
    memory: Executable | undefined,
    caches: readonly Cache[],
    length: number,
  ) {
    this.#step = step;
    this.#memory = memory;
    this.#caches = caches;
    this.#length = length;
  }

  /**
   * Compiles a trained model.
   * @throws TypeError when the model is not one that decodes: see decodingGraphs()
   */
  static async open(
    model: Layer,
    { parameters, state }: Variables,
    options: CachedDecoderOptions = {},
  ): Promise<CachedDecoder> {
    const {
      inputs = [],
      tokenInput,
      length = Number.POSITIVE_INFINITY,
      runtime = defaultRuntime(),
      threads,
    } = options;
    if (length !== Number.POSITIVE_INFINITY) requireWhole('CachedDecoder', 'length', length);
    const graphs = decodingGraphs(model, {
      parameters: constants(parameters),
      state: constants(state),
      variables: [],
      others: inputs,
      ...(tokenInput !== undefined && { tokenInput }),
    });
    const compiled = { inference: true, ...(threads !== undefined && { threads }) };
    const step = await runtime.compile(graphs.step, compiled);
    const memory = graphs.memory && (await runtime.compile(graphs.memory, compiled));
    return new CachedDecoder(step, memory, graphs.caches, length);
  }

  /**
   * Begins sequences.
   * @param inputs the model's other inputs, the sequences on their first axis: what is to be translated
   */
  async start(inputs: readonly NdArray[] = []): Promise<StepModel> {
    const memory = this.#memory ? await this.#memory.run(inputs) : [];
    return new CachedSequences(this.#step, this.#caches, memory, this.#length);
  }

  /** Frees the compiled graphs. */
  async release(): Promise<void> {
    await this.#step.release();
    await this.#memory?.release();
  }
}

/** Sequences under way: their caches, which lie one sequence after another where they have an axis for it. */
class CachedSequences implements StepModel {
  readonly #step: Executable;
  readonly #caches: readonly Cache[];
  readonly #limit: number;
  #past: readonly NdArray[] | undefined;
  #memory: readonly NdArray[];
  #position = 0;
  #sequences = 0;

  constructor(step: Executable, caches: readonly Cache[], memory: readonly NdArray[], limit: number) {
    this.#step = step;
    this.#caches = caches;
    this.#memory = memory;
    this.#limit = limit;
  }

  async next(tokens: NdArray<'int32'>): Promise<NdArray> {
    const [sequences = 0, added = 0] = tokens.shape;
    const end = this.#position + added;
    if (end > this.#limit) {
      throw new RangeError(
        `The sequence would have ${end} tokens, but the model takes ${this.#limit}. Give it a shorter prompt, or let it make fewer tokens.`,
      );
    }
    const places = Array.from({ length: added }, (_, i) => this.#position + i);
    const past = this.#past ?? this.#caches.map((cache) => emptyCache(cache, sequences));
    const inputs = [tokens, NdArray.of('int32', [added], places), ...past, ...this.#memory];
    const [logits, ...present] = await this.#step.run(inputs);
    this.#past = present;
    this.#position = end;
    this.#sequences = sequences;
    return lastOf(logits!);
  }

  reorder(indices: readonly number[]): void {
    if (indices.length === this.#sequences && indices.every((index, i) => index === i)) return;
    this.#sequences = indices.length;
    this.#past = this.#past?.map((array, i) =>
      this.#caches[i]!.shape[0] === 'batch' ? takeRows(array, indices) : array,
    );
    this.#memory = this.#memory.map((array) => takeRows(array, indices));
  }
}

function constants(tree: ArrayTree): TensorTree {
  const arrays = entries<NdArray>(tree).map(([, array]) => constant(array));
  return unflatten(tree, arrays) as TensorTree;
}

function emptyCache({ dtype, shape }: Cache, sequences: number): NdArray {
  const sizes: Record<string, number> = { past: 0, batch: sequences };
  return new NdArray(
    dtype,
    shape.map((size) => (typeof size === 'number' ? size : (sizes[size] ?? 0))),
  );
}

/** The last position of [sequences, time, vocabulary]. */
function lastOf({ dtype, shape, data }: NdArray): NdArray {
  const [sequences = 0, time = 0, vocabulary = 0] = shape;
  if (time === 1) return new NdArray(dtype, [sequences, vocabulary], data);
  const rows = Array.from({ length: sequences }, (_, i) => (i + 1) * time - 1);
  return takeRows(new NdArray(dtype, [sequences * time, vocabulary], data), rows);
}

/** Rows along the first axis, in this order. */
function takeRows({ dtype, shape, data }: NdArray, rows: readonly number[]): NdArray {
  const size = sizeOf(shape.slice(1));
  const result = new NdArray(dtype, [rows.length, ...shape.slice(1)]);
  for (const [row, from] of rows.entries()) {
    (result.data as Float32Array).set(
      data.subarray(from * size, (from + 1) * size) as Float32Array,
      row * size,
    );
  }
  return result;
}
