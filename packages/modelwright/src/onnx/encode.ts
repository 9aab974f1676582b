import { create, toBinary } from '@bufbuild/protobuf';
import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import type { Graph } from '../graph/graph.js';
import type {
  EmitOptions,
  Lowering,
  OnnxAttribute,
  OnnxAttributes,
  OnnxSubgraph,
  Tensor,
  TensorType,
} from '../graph/tensor.js';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_SequenceSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';
import { onnxDataType } from './types.js';

/** The version of the standard operators that graphs are written in. */
export const opsetVersion = 20;
const irVersion = 9n;

export interface EncodeOptions {
  /** What the graph is called inside the file. */
  readonly name?: string;
  /** Names of the outputs, in order; `output0`, `output1` ... when left out. */
  readonly outputNames?: readonly string[];
  /** Whether ONNX Runtime's own operators may be used beside the standard ones. Default: false. */
  readonly extensions?: boolean;
  /** Whether to say things as suits ONNX Runtime's WebGPU provider. Default: false. */
  readonly webgpu?: boolean;
  /** Tensors known by name rather than by place: parameters stored as constants of the file. */
  readonly initializers?: ReadonlyMap<Tensor, { readonly name: string; readonly value: NdArray }>;
  /** Notes kept in the file (`metadata_props`). */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The name of an output before all others that holds an empty sequence. Default: there is none. */
  readonly emptySequence?: string;
}

/** A graph as the bytes of an ONNX ModelProto. The input names are the labels of the graph's inputs. */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const writer = new GraphWriter(options);
  const proto = writer.write(graph, options.name ?? 'graph', options.outputNames);
  if (options.emptySequence !== undefined) addEmptySequence(proto, options.emptySequence);
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'modelwright',
    graph: proto,
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opsetVersion) }),
      ...(options.extensions
        ? [create(OperatorSetIdProtoSchema, { domain: 'com.microsoft', version: 1n })]
        : []),
    ],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  });
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>;
}

function addEmptySequence(graph: GraphProto, name: string): void {
  const elements = create(TypeProtoSchema, {
    value: {
      case: 'tensorType',
      value: create(TypeProto_TensorSchema, { elemType: onnxDataType('float32') }),
    },
  });
  const sequence = create(TypeProto_SequenceSchema, { elemType: elements });
  graph.node.push(create(NodeProtoSchema, { opType: 'SequenceEmpty', output: [name], name }));
  graph.output.unshift(
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, { value: { case: 'sequenceType', value: sequence } }),
    }),
  );
}

/** The names a graph's inputs get in its file: their labels, made unique. */
export function inputNames(graph: Graph): string[] {
  const taken = new Set<string>();
  return graph.inputs.map(({ label }, position) => claim(label || `input${position}`, taken));
}

/** The name, or the name with the first number behind it that makes it one not taken. */
function claim(plain: string, taken: Set<string>): string {
  let name = plain;
  for (let next = 1; taken.has(name); next++) name = `${plain}.${next}`;
  taken.add(name);
  return name;
}

interface Subgraph extends OnnxSubgraph {
  readonly proto: GraphProto;
}

class GraphWriter implements Lowering {
  readonly extensions: boolean;
  readonly webgpu: boolean;
  readonly #options: EncodeOptions;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #constants = new Map<string, string>();
  readonly #names = new Map<Tensor, string>();
  /** Names in use here and in the graphs around and within, which see each other's. */
  readonly #taken: Set<string>;
  readonly #prefix: string;
  #next = 0;

  constructor(
    options: EncodeOptions,
    around: { readonly taken: Set<string>; readonly prefix: string } = { taken: new Set(), prefix: '' },
  ) {
    this.extensions = options.extensions ?? false;
    this.webgpu = options.webgpu ?? false;
    this.#options = options;
    this.#taken = around.taken;
    this.#prefix = around.prefix;
  }

  /** @param captured names of values around the graph: what its last inputs stand for */
  write(
    graph: Graph,
    name: string,
    outputNames?: readonly string[],
    captured: readonly string[] = [],
  ): GraphProto {
    const own = graph.inputs.length - captured.length;
    const ownNames =
      this.#prefix === '' ? inputNames(graph) : graph.inputs.slice(0, own).map(() => this.#fresh('i'));
    const names = [...ownNames, ...captured];
    const inputs: ValueInfoProto[] = [];
    for (const each of names) this.#taken.add(each);
    const publicNames = graph.outputs.map((_, position) => this.#outputName(position, outputNames));
    for (const [position, tensor] of graph.inputs.entries()) {
      const known = this.#options.initializers?.get(tensor);
      if (known) {
        this.#initializers.push(tensorProto(known.name, known.value));
        this.#names.set(tensor, known.name);
      } else {
        this.#names.set(tensor, names[position]!);
        if (position < own) inputs.push(valueInfo(names[position]!, tensor));
      }
    }
    for (const node of graph.nodes) {
      const outputs = node.primitive.lower(
        this,
        node.inputs.map((tensor) => this.#nameOf(tensor)),
        node,
      );
      for (const [position, tensor] of node.outputs.entries()) this.#names.set(tensor, outputs[position]!);
    }
    const outputs = graph.outputs.map((tensor, position) => {
      const outputName = publicNames[position]!;
      this.#node('Identity', [this.#nameOf(tensor)], [outputName]);
      return valueInfo(outputName, tensor);
    });
    this.#absorbIdentities(outputs.map((output) => output.name));
    return create(GraphProtoSchema, {
      name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: inputs,
      output: outputs,
    });
  }

  emit(
    operator: string,
    inputs: readonly string[],
    attributes: OnnxAttributes = {},
    options: EmitOptions = {},
  ): string {
    return this.emitMany(operator, inputs, 1, attributes, options)[0]!;
  }

  emitMany(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes: OnnxAttributes = {},
    options: EmitOptions = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.#fresh('v'));
    this.#node(operator, inputs, names, attributes, options);
    return names;
  }

  constant(value: NdArray): string {
    const key =
      value.size <= 64
        ? `${value.dtype}[${value.shape.join()}]${value.data.join()}${signOfZero(value)}`
        : undefined;
    const known = key && this.#constants.get(key);
    if (known) return known;
    const name = this.#fresh('c');
    this.#initializers.push(tensorProto(name, value));
    if (key) this.#constants.set(key, name);
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant(NdArray.of('int64', [values.length], values));
  }

  scalar(value: number, dtype: DType): string {
    return this.constant(NdArray.of(dtype, [], [value]));
  }

  subgraph(graph: Graph, captured: readonly string[] = []): Subgraph {
    const around = { taken: this.#taken, prefix: this.#fresh('g') };
    const writer = new GraphWriter(this.#options, around);
    return { kind: 'subgraph', proto: writer.write(graph, 'body', undefined, captured) };
  }

  #nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined)
      throw new Error(`encodeModel: ${tensor} is used, but nothing in the graph makes it.`);
    return name;
  }

  /** @throws TypeError when an output is to have a name that is not its own */
  #outputName(position: number, wanted: readonly string[] | undefined): string {
    const name = wanted?.[position];
    if (name === undefined) return claim(`${this.#prefix}output${position}`, this.#taken);
    if (this.#taken.has(name))
      throw new TypeError(
        `encodeModel: '${name}' names an output, and another output or an input as well. Rename one.`,
      );
    this.#taken.add(name);
    return name;
  }

  #fresh(kind: string): string {
    return claim(`${this.#prefix}${kind}${this.#next++}`, this.#taken);
  }

  #node(
    opType: string,
    input: readonly string[],
    output: readonly string[],
    attributes: OnnxAttributes = {},
    { domain = '' }: EmitOptions = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        input: [...input],
        output: [...output],
        attribute,
        domain,
        name: output[0]!,
      }),
    );
  }

  /** Lets the node that makes an output write it under its public name, instead of copying it there. */
  #absorbIdentities(outputs: readonly string[]): void {
    const makers = new Map(this.#nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
    const renamed = new Map<string, string>();
    const absorbed = new Set<NodeProto>();
    for (const output of outputs) {
      const identity = makers.get(output)!;
      const source = identity.input[0]!;
      const maker = makers.get(source);
      if (!maker || renamed.has(source)) continue;
      renamed.set(source, output);
      absorbed.add(identity);
    }
    const rename = (name: string): string => renamed.get(name) ?? name;
    const renameInputs = (node: NodeProto): void => {
      node.input = node.input.map(rename);
      for (const { g: body } of node.attribute) for (const inner of body?.node ?? []) renameInputs(inner);
    };
    for (const node of this.#nodes) {
      renameInputs(node);
      if (!absorbed.has(node)) node.output = node.output.map(rename);
    }
    this.#nodes.splice(0, this.#nodes.length, ...this.#nodes.filter((node) => !absorbed.has(node)));
  }
}

function signOfZero(value: NdArray): string {
  return value.dtype.startsWith('float') &&
    Array.from(value.data as ArrayLike<number>).some((x) => Object.is(x, -0))
    ? '-0'
    : '';
}

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ('kind' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: (value as Subgraph).proto });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

/** An array as a TensorProto, its elements in little-endian raw bytes. */
export function tensorProto(name: string, value: NdArray): TensorProto {
  const { buffer, byteOffset, byteLength } = value.data;
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map(BigInt),
    dataType: onnxDataType(value.dtype),
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  });
}

function valueInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: size },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: onnxDataType(dtype),
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  });
}
