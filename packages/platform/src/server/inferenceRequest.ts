import { bytesPerElement, type NdArray } from 'modelwright/runtime';
import type { ModelConfig } from 'modelwright/saved';
import { badRequest } from './errors.js';
import { parseJson } from './reading.js';
import { datatypeOf, jsonValues, parseTensor, rawBytes } from './tensorJson.js';

/** What a client asks of a model. */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly inputs: Readonly<Record<string, NdArray>>;
  /** The outputs to answer, and whether as binary tensor data. */
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[];
}

/** An answer: JSON, and the bytes that follow it where tensors were asked for as binary. */
export interface InferenceResponse {
  readonly json: string;
  readonly binary: readonly Uint8Array[];
}

/**
 * Reads the body of an inference request of the Open Inference Protocol V2.
 * @param body JSON, or JSON of `jsonLength` bytes and then the tensors' bytes in the order of the inputs
 * @throws ServiceError 400 saying what is wrong
 */
export function parseInferenceRequest(
  body: Uint8Array,
  jsonLength: number | undefined,
  config: ModelConfig,
): InferenceRequest {
  if (jsonLength !== undefined && jsonLength > body.length) {
    throw badRequest(
      `Inference-Header-Content-Length is ${jsonLength}, but the body has ${body.length} bytes.`,
    );
  }
  if (jsonLength === 0) return rawRequest(body, config);
  const root = object(parseJson(body.subarray(0, jsonLength)), 'The body');
  if (root.id !== undefined && typeof root.id !== 'string') throw badRequest('id should be text.');
  const parameters = root.parameters === undefined ? {} : object(root.parameters, 'parameters');
  return {
    id: root.id,
    inputs: parseInputs(root.inputs, body.subarray(jsonLength ?? body.length)),
    outputs: parseOutputs(root.outputs, config, parameters.binary_data_output === true),
  };
}

/** A body that is all of a model's only input; its one open dimension is as large as the bytes make it. All outputs are binary. */
function rawRequest(body: Uint8Array, { inputs, outputs }: ModelConfig): InferenceRequest {
  const [spec, ...others] = inputs;
  const open = spec!.shape.flatMap((size, axis) => (typeof size === 'string' ? [axis] : []));
  if (others.length > 0 || open.length > 1) {
    throw badRequest(
      'Only a model with one input, in which one dimension is open at most, takes bytes without JSON before them.',
    );
  }
  const { name, dtype, shape } = spec!;
  const known = shape.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1);
  const sizes = shape.map((size) =>
    typeof size === 'number' ? size : Math.floor(body.length / (known * bytesPerElement(dtype))),
  );
  const where = `The body as the input '${name}'`;
  const array = parseTensor({ where, shape: sizes, datatype: datatypeOf(dtype), data: undefined }, body);
  const names = outputs.map((output) => ({ name: output.name, binary: true }));
  return { id: undefined, inputs: { [name]: array }, outputs: names };
}

function parseInputs(value: unknown, binary: Uint8Array): Record<string, NdArray> {
  if (!Array.isArray(value) || value.length === 0)
    throw badRequest('inputs should be a list of at least one tensor.');
  const inputs = new Map<string, NdArray>();
  let position = 0;
  for (const [i, item] of value.entries()) {
    const where = `inputs[${i}]`;
    const { name, shape, datatype, data, parameters = {} } = object(item, where);
    if (typeof name !== 'string') throw badRequest(`${where}.name should be text.`);
    if (inputs.has(name)) throw badRequest(`The input '${name}' is given twice.`);
    const size = object(parameters, `${where}.parameters`).binary_data_size;
    if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) >= 0)) {
      throw badRequest(`${where}.parameters.binary_data_size should be a number of bytes.`);
    }
    const end = position + Number(size ?? 0);
    if (end > binary.length) {
      throw badRequest(
        `${where}: ${size} bytes should follow the JSON, but only ${binary.length - position} are left.`,
      );
    }
    const bytes = size === undefined ? undefined : binary.subarray(position, end);
    inputs.set(name, parseTensor({ where, shape, datatype, data }, bytes));
    position = end;
  }
  if (position !== binary.length) {
    throw badRequest(`${binary.length - position} bytes follow the JSON that belong to no input.`);
  }
  return Object.fromEntries(inputs);
}

function parseOutputs(
  value: unknown,
  config: ModelConfig,
  binaryByDefault: boolean,
): InferenceRequest['outputs'] {
  if (value === undefined) return config.outputs.map(({ name }) => ({ name, binary: binaryByDefault }));
  if (!Array.isArray(value)) throw badRequest('outputs should be a list.');
  return value.map((item: unknown, i) => {
    const { name, parameters = {} } = object(item, `outputs[${i}]`);
    if (typeof name !== 'string' || !config.outputs.some((output) => output.name === name)) {
      const names = config.outputs.map((output) => `'${output.name}'`).join(', ');
      throw badRequest(`The model has no output ${JSON.stringify(name)?.slice(0, 80)}. It gives ${names}.`);
    }
    const { binary_data: binary = binaryByDefault } = object(parameters, `outputs[${i}].parameters`);
    return { name, binary: binary === true };
  });
}

/** The answer to an inference request. */
export function inferenceResponse(
  model: { readonly name: string; readonly version: string },
  request: InferenceRequest,
  results: Readonly<Record<string, NdArray>>,
): InferenceResponse {
  const binary: Uint8Array[] = [];
  const outputs = request.outputs.map(({ name, binary: asBinary }) => {
    const array = results[name]!;
    const tensor = { name, shape: array.shape, datatype: datatypeOf(array.dtype) };
    if (!asBinary) return { ...tensor, data: jsonValues(name, array) };
    binary.push(rawBytes(array));
    return { ...tensor, parameters: { binary_data_size: array.byteLength } };
  });
  const json = JSON.stringify({
    model_name: model.name,
    model_version: model.version,
    ...(request.id !== undefined && { id: request.id }),
    outputs,
  });
  return { json, binary };
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest(`${where} should be an object.`);
  return value as Record<string, unknown>;
}
