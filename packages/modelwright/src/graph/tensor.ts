import type { NdArray } from './array.js';
import type { DType } from './dtype.js';
import type { Graph } from './graph.js';
import { formatShape, type Shape } from './shape.js';

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** What a node may be configured with. */
export type AttributeValue =
  | number
  | string
  | boolean
  | Shape
  | readonly Shape[]
  | NdArray
  | Graph
  | undefined;

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A concrete value as the reference evaluation sees it: any dtype, held in double precision. */
export interface ReferenceValue {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a gradient rule is given. */
export interface GradientContext<A extends Attributes = Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** The gradient of the loss with respect to each output; absent where the output does not matter. */
  readonly gradients: readonly (Tensor | undefined)[];
}

/** What a lowering rule is given: names in, names out. */
export interface Lowering {
  /** Adds an ONNX node and returns the names of its outputs. */
  emit(
    operator: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
    options?: EmitOptions,
  ): string;
  emitMany(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: OnnxAttributes,
    options?: EmitOptions,
  ): string[];
  /** Adds a constant and returns its name; equal constants are shared. */
  constant(value: NdArray): string;
  /** A one-dimensional int64 constant: how ONNX takes axes, shapes and indices. */
  integers(values: readonly number[]): string;
  /** A float constant of no dimensions in the given dtype. */
  scalar(value: number, dtype: DType): string;
  /**
   * Lowers a sub-graph, for the bodies of loops.
   * @param captured names of values around it: what the graph's last inputs stand for
   */
  subgraph(graph: Graph, captured?: readonly string[]): OnnxSubgraph;
  /** Whether operators beyond the ONNX standard (ONNX Runtime's own) may be used. False for files meant for any tool. */
  readonly extensions: boolean;
  /** Whether the file is for ONNX Runtime's WebGPU provider, where each node is a program for the GPU and costs its start. */
  readonly webgpu: boolean;
}

export interface EmitOptions {
  readonly domain?: string;
}

/** An ONNX graph as an attribute of a node. Its content belongs to the onnx room. */
export interface OnnxSubgraph {
  readonly kind: 'subgraph';
}

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number } | OnnxSubgraph;

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** One small case on which a primitive's rules are checked against each other. */
export interface Sample<A extends Attributes = Attributes> {
  readonly inputs: readonly NdArray[];
  readonly attributes: A;
  /** Why gradients are not compared here, where they are not: a kink, integers. */
  readonly noGradient?: string;
}

/** Everything about one primitive, in one record. */
export interface Primitive<A extends Attributes = Attributes> {
  readonly name: string;
  /** Types of the outputs. @throws TypeError naming both shapes when the inputs do not fit */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** The gradient of the loss with respect to each input; undefined where it is zero or has no meaning. */
  gradient(context: GradientContext<A>): readonly (Tensor | undefined)[];
  /** The ONNX nodes that compute it. */
  lower(to: Lowering, inputs: readonly string[], node: GraphNode<A>): readonly string[];
  /** The values, in double precision, by the plainest loop. */
  evaluate(
    inputs: readonly ReferenceValue[],
    attributes: A,
    outputs: readonly TensorType[],
  ): readonly Float64Array[];
  /** Cases the harness runs all of the above on. */
  samples(): readonly Sample<A>[];
}

/** One operation in a graph: a primitive applied to tensors. */
export interface GraphNode<A extends Attributes = Attributes> {
  readonly primitive: Primitive<A>;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
}

/** A value in a graph being traced. Immutable; nothing needs disposing. Its methods are attached by the primitives room. */
export class Tensor implements TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Who makes it; undefined for a graph's input. */
  readonly node: GraphNode | undefined;
  /** Which output of its node it is. */
  readonly output: number;
  /** What an input is called. */
  readonly label: string | undefined;

  constructor(type: TensorType, from?: { node: GraphNode; output: number } | { label: string }) {
    this.dtype = type.dtype;
    this.shape = type.shape;
    this.node = from && 'node' in from ? from.node : undefined;
    this.output = from && 'node' in from ? from.output : 0;
    this.label = from && 'label' in from ? from.label : undefined;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return formatType(this);
  }
}

export function formatType(type: TensorType): string {
  return `${type.dtype}${formatShape(type.shape)}`;
}

/** A graph input of this type. */
export function input(label: string, dtype: DType, shape: Shape): Tensor {
  return new Tensor({ dtype, shape }, { label });
}

/** Applies a primitive: infers the types of its outputs and adds the node. */
export function apply<A extends Attributes>(
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor[] {
  const types = primitive.infer(inputs, attributes);
  const outputs: Tensor[] = [];
  const node: GraphNode = { primitive: primitive as Primitive, inputs, attributes, outputs };
  for (const [output, type] of types.entries()) outputs.push(new Tensor(type, { node, output }));
  return outputs;
}

/** Applies a primitive that has one output. */
export function apply1<A extends Attributes>(
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  return apply(primitive, inputs, attributes)[0]!;
}
