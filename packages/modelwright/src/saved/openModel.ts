import type { NdArray } from '../graph/array.js';
import { formatShape } from '../graph/shape.js';
import { formatType } from '../graph/tensor.js';
import type { CompileOptions, Executable, OnnxRuntime } from '../runtime/runtime.js';
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
  const executable = await open(runtime, await readOnnx(), compileOptions, onnxPath);
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

async function open(
  runtime: OnnxRuntime,
  onnx: Uint8Array,
  options: CompileOptions,
  path: string,
): Promise<Executable> {
  try {
    return await runtime.open(onnx, { inference: true, ...options });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be opened; it may be damaged or cut off: ${reason}`, { cause });
  }
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
