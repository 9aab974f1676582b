// An imported graph as plain data: what a model's configuration holds of it. Names of the file are values here, never keys.
import { NdArray } from '../graph/array.js';
import { bytesPerElement, type DType, typedArrayOf } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { OnnxAttributeValue, OnnxNode } from '../onnx/decode.js';
import { UnreadAttribute } from '../onnx/decode.js';

/** An array as JSON: its elements as little-endian bytes in base64. */
export interface ArrayConfig {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly base64: string;
}

/** What an attribute holds; numbers that JSON cannot say are text. */
export type AttributeConfig = number | string | readonly (number | string)[] | ArrayConfig;

export interface NodeConfig {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly { readonly name: string; readonly value: AttributeConfig }[];
}

/** A variable of the model: a parameter, or running statistics. */
export interface VariableConfig {
  readonly name: string;
  readonly shape: readonly number[];
  /** The dtype in which the graph computes with it; it is held as float32. */
  readonly dtype: DType;
  /** How a fresh one begins. */
  readonly start: 'weights' | 'ones' | 'zeros';
}

export interface GraphInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface GraphConfig {
  /** Versions of the operators, by domain. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeConfig[];
  readonly parameters: readonly VariableConfig[];
  readonly state: readonly VariableConfig[];
  readonly constants: readonly { readonly name: string; readonly value: ArrayConfig }[];
  /** Whether BatchNormalization uses a batch's own statistics in training. */
  readonly trainsBatchNorm: boolean;
}

export function arrayToConfig({ dtype, shape, data }: NdArray): ArrayConfig {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return { dtype, shape, base64: btoa(text) };
}

/** @throws RangeError when the bytes are not as many as the shape asks for */
export function arrayFromConfig({ dtype, shape, base64 }: ArrayConfig): NdArray {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  if (bytes.length % bytesPerElement(dtype) !== 0)
    throw new RangeError(`An array of ${dtype} cannot have ${bytes.length} bytes.`);
  return new NdArray(dtype, shape, new (typedArrayOf(dtype))(bytes.buffer));
}

const plainNumber = (value: number | bigint): number | string =>
  Number.isFinite(Number(value)) ? Number(value) : String(value);

/** @throws Error for an attribute of a kind that is not read */
function attributeToConfig(value: OnnxAttributeValue): AttributeConfig {
  if (value instanceof NdArray) return arrayToConfig(value);
  if (value instanceof UnreadAttribute) throw new Error(value.reason);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return plainNumber(value);
  if ('nodes' in value) throw new Error('a graph within the graph, which is not taken');
  return value.map((item) => (typeof item === 'string' ? item : plainNumber(item)));
}

/** A node as plain data, with what is wrong with its attributes. */
export function nodeToConfig(node: OnnxNode): { node: NodeConfig; problems: string[] } {
  const problems: string[] = [];
  const attributes: { name: string; value: AttributeConfig }[] = [];
  for (const [name, value] of Object.entries(node.attributes)) {
    try {
      attributes.push({ name, value: attributeToConfig(value) });
    } catch (error) {
      problems.push(`its attribute '${name}' is ${(error as Error).message}`);
    }
  }
  const { operator, inputs, outputs } = node;
  const domain = node.domain === 'ai.onnx' ? '' : node.domain;
  return { node: { name: node.name, operator, domain, inputs, outputs, attributes }, problems };
}
