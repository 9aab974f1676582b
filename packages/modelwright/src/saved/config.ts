import { type DType, dtypes } from '../graph/dtype.js';
import type { JsonValue, LayerJson } from '../nn/registry.js';

/** The newest version of the saved folder that this library reads, and the one that it writes. */
export const savedFormat = 1;

/** An input or output of a saved model. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Size of each dimension; a name, such as `batch`, where any size will do. */
  readonly shape: readonly (number | string)[];
}

/** What `config.json` in a saved model says. */
export interface ModelConfig {
  /** Version of the folder's format, and of the library that wrote it. */
  readonly modelwright: { readonly format: number; readonly version: string };
  /** Task as Hugging Face names it, such as `image-classification`. */
  readonly task: string;
  /** Inputs of `onnx/model.onnx`, in its order. */
  readonly inputs: readonly TensorSpec[];
  /** Outputs of `onnx/model.onnx`, in its order. */
  readonly outputs: readonly TensorSpec[];
  /** Names of the classes, in the order of the last output's last dimension. */
  readonly labels?: readonly string[];
  /** The layers, so that the model can be trained further. */
  readonly architecture?: LayerJson;
  /** How raw data becomes the inputs: image size, channels and the like. */
  readonly preprocessing?: JsonObject;
  /** How the model came to be: seed, epochs, optimiser, metrics, data fingerprint. */
  readonly training?: JsonObject;
  /** What was measured when it was saved: data, examples, metrics. */
  readonly evaluation?: JsonObject;
}

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/**
 * Checks what was read from a `config.json`.
 * @param where how messages name the file
 * @throws TypeError naming the field that is missing or of the wrong type
 * @throws Error when a newer version of Modelwright wrote it
 */
export function parseModelConfig(json: unknown, where = 'config.json'): ModelConfig {
  const root = object(json, where, 'the file');
  if (root.modelwright === undefined) {
    throw new TypeError(`${where} has no 'modelwright' field: this is not a model that Modelwright saved.`);
  }
  const maker = object(root.modelwright, where, 'modelwright');
  const { format } = maker;
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 1) {
    throw invalid(where, 'modelwright.format', 'a whole number, 1 or more', format);
  }
  if (format > savedFormat) {
    throw new Error(
      `${where}: made by a newer Modelwright (format ${format}, this one reads up to ${savedFormat}): update modelwright.`,
    );
  }
  return {
    modelwright: { format, version: string(maker.version, where, 'modelwright.version') },
    task: string(root.task, where, 'task'),
    inputs: tensors(root.inputs, where, 'inputs'),
    outputs: tensors(root.outputs, where, 'outputs'),
    ...(root.labels !== undefined && {
      labels: array(root.labels, where, 'labels').map((label, i) => string(label, where, `labels[${i}]`)),
    }),
    ...(root.architecture !== undefined && { architecture: layer(root.architecture, where) }),
    ...(root.preprocessing !== undefined && {
      preprocessing: object(root.preprocessing, where, 'preprocessing'),
    }),
    ...(root.training !== undefined && { training: object(root.training, where, 'training') }),
    ...(root.evaluation !== undefined && { evaluation: object(root.evaluation, where, 'evaluation') }),
  };
}

function tensors(value: unknown, where: string, field: string): TensorSpec[] {
  const specs = array(value, where, field).map((item, i): TensorSpec => {
    const path = `${field}[${i}]`;
    const { name, dtype, shape } = object(item, where, path);
    if (!dtypes.includes(dtype as DType))
      throw invalid(where, `${path}.dtype`, `one of ${dtypes.join(', ')}`, dtype);
    return {
      name: string(name, where, `${path}.name`),
      dtype: dtype as DType,
      shape: array(shape, where, `${path}.shape`).map((size, axis) =>
        dimension(size, where, `${path}.shape[${axis}]`),
      ),
    };
  });
  if (specs.length === 0) throw invalid(where, field, 'a list of at least one tensor', value);
  return specs;
}

function dimension(value: unknown, where: string, path: string): number | string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid(where, path, 'a size or the name of an open dimension', value);
}

function layer(value: unknown, where: string): LayerJson {
  const { type, config } = object(value, where, 'architecture');
  if (config === undefined)
    throw invalid(where, 'architecture.config', 'the configuration of a layer', config);
  return { type: string(type, where, 'architecture.type'), config };
}

function object(value: unknown, where: string, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(where, path, 'an object', value);
  return value as JsonObject;
}

function array(value: unknown, where: string, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(where, path, 'a list', value);
  return value;
}

function string(value: unknown, where: string, path: string): string {
  if (typeof value !== 'string') throw invalid(where, path, 'text', value);
  return value;
}

function invalid(where: string, path: string, expected: string, value: unknown): TypeError {
  const found = value === undefined ? 'it is missing' : `it is ${JSON.stringify(value)?.slice(0, 80)}`;
  return new TypeError(`${where}: '${path}' should be ${expected}, but ${found}.`);
}
