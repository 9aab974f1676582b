import { type NdArray, sizeOf } from '../graph/array.js';
import { type Dimension, isStatic, normalizeAxis, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Context } from '../nn/context.js';
import { arrayFromConfig, type NodeConfig } from './graphConfig.js';
import type { DimensionSources } from './openDimensions.js';
import { knownArray, knownSizes, type Value } from './values.js';

/** What all nodes of one call of an imported model share. */
export interface Scope {
  readonly context: Context;
  /** Where open dimensions can be read off. */
  readonly dimensions: DimensionSources;
  readonly trainsBatchNorm: boolean;
}

/** A node about to be said in primitives: what it is given, how it is configured. */
export class NodeCall {
  readonly node: NodeConfig;
  readonly inputs: readonly (Value | undefined)[];
  /** The version of the operators that the file is written in. */
  readonly version: number;
  readonly scope: Scope;

  constructor(node: NodeConfig, inputs: readonly (Value | undefined)[], version: number, scope: Scope) {
    this.node = node;
    this.inputs = inputs;
    this.version = version;
    this.scope = scope;
  }

  /** Whether an input is given. */
  has(position: number): boolean {
    return this.inputs[position] !== undefined;
  }

  /** Whether an output is wanted: exporters leave the name of others empty. */
  wants(position: number): boolean {
    return Boolean(this.node.outputs[position]);
  }

  /** @throws Error when an output is wanted that cannot be made */
  refuseOutput(position: number, what: string): void {
    if (this.wants(position)) throw new Error(`its output ${position}, ${what}, is not supported`);
  }

  value(position: number): Value {
    const value = this.inputs[position];
    if (value === undefined) throw new Error(`input ${position} is missing`);
    return value;
  }

  /** An input as a tensor; sizes of open dimensions are read off the tensors that have them. */
  tensor(position: number): Tensor {
    return this.scope.dimensions.tensorOf(this.value(position));
  }

  optional(position: number): Tensor | undefined {
    return this.has(position) ? this.tensor(position) : undefined;
  }

  tensors(): Tensor[] {
    return this.inputs.map((_, position) => this.tensor(position));
  }

  /** An input that must be known while importing: settings such as axes. */
  array(position: number, what: string): NdArray {
    const array = knownArray(this.value(position));
    if (!array)
      throw new Error(
        `${what} (input ${position}, ${this.value(position)}) must be known before the graph runs, but they are computed from its inputs`,
      );
    return array;
  }

  numbers(position: number, what: string): number[] {
    return this.array(position, what).toNumbers();
  }

  number(position: number, what: string): number {
    const numbers = this.numbers(position, what);
    if (numbers.length !== 1)
      throw new Error(`${what} (input ${position}) should be one number, not ${numbers.length}`);
    return numbers[0]!;
  }

  /** Sizes: numbers, or names of open dimensions. */
  sizes(position: number, what: string): readonly Dimension[] {
    const sizes = knownSizes(this.value(position));
    if (!sizes)
      throw new Error(
        `${what} (input ${position}, ${this.value(position)}) must be known before the graph runs, but they are computed from its inputs`,
      );
    return sizes;
  }

  #attribute(name: string): NodeConfig['attributes'][number]['value'] | undefined {
    return this.node.attributes.find((attribute) => attribute.name === name)?.value;
  }

  hasAttribute(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  float(name: string, otherwise?: number): number {
    const value = this.#attribute(name) ?? otherwise;
    if (value === undefined) throw new Error(`its attribute '${name}' is missing`);
    const number = typeof value === 'object' ? Number.NaN : Number(value);
    if (Number.isNaN(number) && value !== 'NaN')
      throw new Error(`its attribute '${name}' should be a number`);
    return number;
  }

  integer(name: string, otherwise?: number): number {
    const number = this.float(name, otherwise);
    if (!Number.isInteger(number)) throw new Error(`its attribute '${name}' should be a whole number`);
    return number;
  }

  floats(name: string, otherwise?: readonly number[]): number[] {
    const value = this.#attribute(name) ?? otherwise;
    if (!Array.isArray(value)) throw new Error(`its attribute '${name}' should be a list of numbers`);
    return (value as readonly (number | string)[]).map(Number);
  }

  text(name: string, otherwise: string): string {
    const value = this.#attribute(name) ?? otherwise;
    if (typeof value !== 'string') throw new Error(`its attribute '${name}' should be text`);
    return value;
  }

  texts(name: string, otherwise: readonly string[]): string[] {
    const value = this.#attribute(name) ?? otherwise;
    if (!Array.isArray(value)) throw new Error(`its attribute '${name}' should be a list of texts`);
    return (value as readonly (number | string)[]).map(String);
  }

  attributeArray(name: string): NdArray | undefined {
    const value = this.#attribute(name);
    return typeof value === 'object' && 'base64' in value ? arrayFromConfig(value) : undefined;
  }

  /** Numbers that older operators take as an attribute and newer ones as an input. */
  attributeOrInput(name: string, position: number, since: number): number[] | undefined {
    if (this.version < since) return this.hasAttribute(name) ? this.floats(name) : undefined;
    return this.has(position) ? this.numbers(position, name) : undefined;
  }

  axis(name: string, rank: number, otherwise?: number): number {
    return normalizeAxis(this.integer(name, otherwise), rank, name);
  }
}

/** More elements than this, four gigabytes as floats, are no work of an exporter. */
const largestTensor = 2 ** 30;
/** As much for what is made from nothing: a constant repeated over a shape. */
const largestFilled = 2 ** 24;

/** @throws Error for a shape that would take too much memory */
export function requireModest(shape: Shape, what: string, fromInputs = true): void {
  const known = shape.filter((size) => typeof size === 'number');
  const size = sizeOf(known);
  const most = fromInputs ? largestTensor : largestFilled;
  if (size <= most) return;
  throw new Error(
    `${what} has the shape [${shape.join(', ')}], ${size.toExponential(1)} elements, which is more than the ${most} that are allowed`,
  );
}

/** A static shape. @throws Error saying which dimension is open, and what to do */
export function requireKnown(shape: Shape, what: string): readonly number[] {
  if (isStatic(shape)) return shape;
  const open = shape.find((size) => typeof size === 'string');
  throw new Error(
    `${what} must be of known size, but '${open}' in [${shape.join(', ')}] is open; give importOnnx the option sizes: { '${open}': ... }`,
  );
}

/** An operator said in primitives. */
export type Converter = (call: NodeCall) => Value | readonly (Value | undefined)[];

export interface Operator {
  readonly name: string;
  /** Empty for the standard's own. */
  readonly domain: string;
  readonly convert: Converter;
  /** What of the operator is not taken, for the table in the documents. */
  readonly limits: string | undefined;
}

/** Operators of one kind: `{ Relu: (call) => relu(call.tensor(0)), TopK: [convert, 'what is not taken'] }`. */
export function operators(
  converters: Readonly<Record<string, Converter | readonly [Converter, limits: string]>>,
  domain = '',
): Operator[] {
  return Object.entries(converters).map(([name, entry]) => {
    const [convert, limits] = typeof entry === 'function' ? [entry, undefined] : entry;
    return { name, domain, convert, limits };
  });
}
