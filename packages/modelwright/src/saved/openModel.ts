import { NdArray } from '../graph/array.js';
import { formatShape } from '../graph/shape.js';
import { formatType } from '../graph/tensor.js';
import { isAboutMemory, LimitError } from '../runtime/limits.js';
import type { CompileOptions, OnnxRuntime } from '../runtime/runtime.js';
import { threadRuntime } from '../runtime/thread.js';
import type { ModelConfig, TensorSpec } from './config.js';
import { readModelFolder } from './folder.js';

export interface OpenModelOptions extends CompileOptions {
  /** What runs the model. Default: ONNX Runtime on the CPU, in a thread that all models opened this way share. */
  readonly runtime?: OnnxRuntime;
}

/** A saved model, ready to run. */
export interface RunnableModel {
  readonly config: ModelConfig;
  /**
   * Runs the model without blocking the event loop.
   * @param inputs one array for each input, by name
   * @returns one array for each output, by name
   * @throws InvalidInputError saying what was expected, when an input does not fit
   */
  run(inputs: Readonly<Record<string, NdArray>>): Promise<Record<string, NdArray>>;
  /** Frees what the model holds. */
  release(): Promise<void>;
}

/** What a model was given is not what it takes. */
export class InvalidInputError extends TypeError {
  override readonly name: string = 'InvalidInputError';
}

let shared: OnnxRuntime | undefined;

/**
 * Opens a saved model for running.
 * @throws Error saying which file is missing, damaged, cut off, or of a newer version
 */
export async function openModel(directory: string, options: OpenModelOptions = {}): Promise<RunnableModel> {
  const { config, onnxPath, readOnnx } = await readModelFolder(directory);
  shared ??= threadRuntime();
  const { runtime = shared, ...compileOptions } = options;
  const inference = { inference: true, ...compileOptions };
  const executable = await (
    runtime.openFile?.(onnxPath, inference) ?? runtime.open(await readOnnx(), inference)
  ).catch((error: unknown) => {
    throw unopened(onnxPath, error);
  });
  return {
    config,
    async run(inputs) {
      checkInputs(config, inputs);
      const outputs = await executable.run(config.inputs.map(({ name }) => inputs[name]!));
      return Object.fromEntries(config.outputs.map(({ name }, i) => [name, outputs[i]!]));
    },
    release: () => executable.release(),
  };
}

function unopened(path: string, cause: unknown): unknown {
  if (cause instanceof LimitError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${path} cannot be opened; it may be damaged or cut off: ${reason}`, { cause });
}

/** The most elements of an input that a model is warmed with. */
const mostWarming = 2 ** 22;

/**
 * Runs a model once, so that the first request need not wait for memory to be laid out: on zeros, one of each open size but those of
 * pictures, which are as in training, and a second of sound. What does not take such inputs is warmed by its first request.
 * @throws Error when that takes more memory or time than there is
 */
export async function warmUp({ config, run }: RunnableModel): Promise<void> {
  const { height, width, sampleRate: samples } = config.preprocessing ?? {};
  const known: Readonly<Record<string, unknown>> = { height, width, samples };
  const sizeOf = (size: number | string): number => {
    const fixed = typeof size === 'number' ? size : known[size];
    return typeof fixed === 'number' ? fixed : 1;
  };
  const shapes = config.inputs.map(({ shape }) => shape.map(sizeOf));
  if (shapes.some((shape) => shape.reduce((product, size) => product * size, 1) > mostWarming)) return;
  const inputs = config.inputs.map(({ name, dtype }, i) => [name, new NdArray(dtype, shapes[i]!)] as const);
  await run(Object.fromEntries(inputs)).catch((error: unknown) => {
    if (error instanceof LimitError || (error instanceof Error && isAboutMemory(error))) throw error;
  });
}

/**
 * Checks that inputs are those that a model takes: names, dtypes, ranks, sizes, and open dimensions alike wherever they
 * appear.
 * @throws InvalidInputError saying what was expected
 */
export function checkInputs({ inputs: specs }: ModelConfig, inputs: Readonly<Record<string, NdArray>>): void {
  const names = specs.map(({ name }) => `'${name}'`).join(', ');
  for (const name of Object.keys(inputs)) {
    if (!specs.some((spec) => spec.name === name)) {
      throw new InvalidInputError(`The model has no input '${name}'. It takes ${names}.`);
    }
  }
  const sizes = new Map<string, number>();
  for (const spec of specs) {
    const array = Object.hasOwn(inputs, spec.name) ? inputs[spec.name] : undefined;
    if (!array) throw new InvalidInputError(`The input '${spec.name}' is missing. The model takes ${names}.`);
    checkInput(spec, array, sizes);
  }
}

function checkInput(spec: TensorSpec, array: NdArray, sizes: Map<string, number>): void {
  const fail = (reason: string): never => {
    throw new InvalidInputError(
      `The input '${spec.name}' should be ${formatType(spec)}, but it is ${formatType(array)}: ${reason}.`,
    );
  };
  if (array.dtype !== spec.dtype) fail(`its dtype is ${array.dtype}, not ${spec.dtype}`);
  if (array.shape.length !== spec.shape.length)
    fail(`it has ${array.shape.length} dimensions, not ${spec.shape.length}`);
  if (array.size === 0) fail('it has no elements');
  for (const [axis, expected] of spec.shape.entries()) {
    const size = array.shape[axis]!;
    const known = typeof expected === 'number' ? expected : sizes.get(expected);
    if (known !== undefined && known !== size) {
      const open =
        typeof expected === 'string' ? `'${expected}', which is ${known} in another place` : `${known}`;
      fail(`dimension ${axis} of ${formatShape(array.shape)} is ${size}, not ${open}`);
    }
    if (typeof expected === 'string') sizes.set(expected, size);
  }
}
