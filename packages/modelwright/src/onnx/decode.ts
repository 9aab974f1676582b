import { fromBinary } from '@bufbuild/protobuf';
import { NdArray, sizeOf } from '../graph/array.js';
import { bytesPerElement, type DType, dtypes, typedArrayOf } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.js';
import { onnxDtype } from './types.js';

/** An input or output of an ONNX file. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  /** Open sizes by name; `?` where the file gives none. */
  readonly shape: Shape;
}

/** What an attribute of a node holds. */
export type OnnxAttributeValue =
  | number
  | bigint
  | string
  | NdArray
  | OnnxGraph
  | UnreadAttribute
  | readonly (number | bigint | string)[];

/** An attribute of a kind that is not read, and why. */
export class UnreadAttribute {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** One operation of an ONNX file. */
export interface OnnxNode {
  /** May be empty. */
  readonly name: string;
  readonly operator: string;
  /** Empty for the standard's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttributeValue>>;
}

/** The graph of an ONNX file, or of a node that holds one. */
export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Names of outputs that are no tensors, such as sequences of maps. */
  readonly otherOutputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  /** Constants by name: weights and the like. */
  readonly initializers: ReadonlyMap<string, NdArray>;
}

/** An ONNX file. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of the operators by domain; the standard's is ''. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}

/** Where a tensor lies whose data is kept in another file. */
export interface ExternalData {
  /** Path from the folder of the ONNX file, as the file says it: not to be trusted. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes: what the tensor's shape asks for. */
  readonly length: number;
}

export interface DecodeOptions {
  /** Reads data that is kept in other files. Default: such data is an error. */
  readonly readExternal?: (data: ExternalData) => Uint8Array;
}

/** Graphs within graphs deeper than this are no work of an exporter. */
const deepest = 32;

/**
 * Reads an ONNX file.
 * @param where how messages name the file
 * @throws Error when it is cut off or no ONNX file, or holds something that has no place here: sparse tensors, element types such
 * as complex numbers, data in other files that `readExternal` does not read
 */
export function decodeModel(
  bytes: Uint8Array,
  where = 'the ONNX file',
  options: DecodeOptions = {},
): OnnxModel {
  const model = readProto(bytes, where);
  if (!model.graph) throw new Error(`${where} holds no graph: it is cut off, or no ONNX file.`);
  return {
    irVersion: Number(model.irVersion),
    producer: model.producerName,
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    graph: decodeGraph(model.graph, { where, depth: 0, ...options }),
  };
}

/** @throws Error when it is cut off or no ONNX file */
export function readProto(bytes: Uint8Array, where: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new Error(`${where} cannot be read: it is cut off, or no ONNX file.`, { cause });
  }
}

interface Reading extends DecodeOptions {
  readonly where: string;
  /** How many graphs are around this one. */
  readonly depth: number;
}

function decodeGraph(graph: GraphProto, reading: Reading): OnnxGraph {
  const { where, depth } = reading;
  if (depth > deepest) throw new Error(`${where} holds graphs within graphs, more than ${deepest} deep.`);
  if (graph.sparseInitializer.length > 0)
    throw new Error(`${where} holds sparse tensors, which are not read.`);
  const isTensor = ({ type }: ValueInfoProto): boolean => type?.value.case === 'tensorType';
  return {
    name: graph.name,
    inputs: graph.input.map((value) => decodeValue(value, where)),
    outputs: graph.output.filter(isTensor).map((value) => decodeValue(value, where)),
    otherOutputs: graph.output.filter((value) => !isTensor(value)).map(({ name }) => name),
    nodes: graph.node.map(({ name, opType, domain, input, output, attribute }) => ({
      name,
      operator: opType,
      domain,
      inputs: input,
      outputs: output,
      attributes: Object.fromEntries(attribute.map((item) => [item.name, decodeAttribute(item, reading)])),
    })),
    initializers: new Map(graph.initializer.map((tensor) => [tensor.name, decodeTensor(tensor, reading)])),
  };
}

function decodeValue({ name, type }: ValueInfoProto, where: string): OnnxValue {
  if (type?.value.case !== 'tensorType') throw new Error(`${where}: '${name}' is not a tensor.`);
  const { elemType, shape } = type.value.value;
  return {
    name,
    dtype: dtypeOf(elemType, `${where}: '${name}'`),
    shape: (shape?.dim ?? []).map(({ value }) =>
      value.case === 'dimValue'
        ? sizeFrom(value.value, `${where}: '${name}'`)
        : value.case === 'dimParam' && value.value !== ''
          ? value.value
          : '?',
    ),
  };
}

/** @throws Error for a size that cannot be */
function sizeFrom(size: bigint, what: string): number {
  if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Error(`${what} has a dimension of size ${size}.`);
  return Number(size);
}

function dtypeOf(code: number, where: string): DType {
  const dtype = onnxDtype(code);
  if (!dtype) {
    throw new Error(
      `${where} has element type ${DataType[code] ?? code} of ONNX, which is not read. Known: ${dtypes.join(', ')}.`,
    );
  }
  return dtype;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function decodeAttribute(attribute: AttributeProto, reading: Reading): OnnxAttributeValue {
  const { type } = attribute;
  switch (type) {
    case AttributeType.FLOAT:
      return attribute.f;
    case AttributeType.INT:
      return attribute.i;
    case AttributeType.STRING:
      return text(attribute.s);
    case AttributeType.FLOATS:
      return attribute.floats;
    case AttributeType.INTS:
      return attribute.ints;
    case AttributeType.STRINGS:
      return attribute.strings.map(text);
    case AttributeType.TENSOR:
      if (attribute.t) return readable(() => decodeTensor(attribute.t!, reading));
      break;
    case AttributeType.GRAPH:
      if (attribute.g) return decodeGraph(attribute.g, { ...reading, depth: reading.depth + 1 });
  }
  return new UnreadAttribute(`of a kind that is not read (${AttributeType[type] ?? type})`);
}

function readable(read: () => NdArray): NdArray | UnreadAttribute {
  try {
    return read();
  } catch (error) {
    return new UnreadAttribute(`not read: ${(error as Error).message}`);
  }
}

/** How many bytes a tensor takes. @throws Error for dtypes and sizes that have no place here */
export function tensorBytes({ name, dataType, dims }: TensorProto, where: string): number {
  const what = `${where}: tensor '${name}'`;
  return sizeOf(dims.map((size) => sizeFrom(size, what))) * bytesPerElement(dtypeOf(dataType, what));
}

/** A TensorProto as an array. @throws Error when its data cannot be read, or is not as long as its shape says */
function decodeTensor(tensor: TensorProto, { where, readExternal }: Reading): NdArray {
  const what = `${where}: tensor '${tensor.name}'`;
  const dtype = dtypeOf(tensor.dataType, what);
  const shape = tensor.dims.map((size) => sizeFrom(size, what));
  const size = sizeOf(shape);
  const length = size * bytesPerElement(dtype);
  const isExternal = tensor.dataLocation === DataLocation.EXTERNAL;
  if (isExternal && !readExternal)
    throw new Error(`${what} keeps its data in another file, which is not read.`);
  const rawData =
    isExternal && readExternal ? readExternal(externalData(tensor, length, what)) : tensor.rawData;
  if (rawData.length > 0 || size === 0) {
    if (rawData.length !== length) {
      throw new Error(`${what} of shape [${shape}] needs ${length} bytes, but has ${rawData.length}.`);
    }
    return new NdArray(dtype, shape, new (typedArrayOf(dtype))(new Uint8Array(rawData).buffer));
  }
  const listed: readonly (number | bigint)[] =
    [tensor.floatData, tensor.doubleData, tensor.int64Data, tensor.int32Data, tensor.uint64Data].find(
      (values) => values.length > 0,
    ) ?? [];
  if (listed.length !== size)
    throw new Error(`${what} of shape [${shape}] needs ${size} elements, but has ${listed.length}.`);
  return NdArray.of(dtype, shape, listed.map(Number));
}

/** Where a tensor's data lies in another file. @throws Error when it is not what its shape asks for */
export function externalData(
  { externalData: entries }: TensorProto,
  length: number,
  what: string,
): ExternalData {
  const given = new Map(entries.map(({ key, value }) => [key, value]));
  const number = (key: string, otherwise: number): number => Number(given.get(key) ?? otherwise);
  const offset = number('offset', 0);
  if (!Number.isSafeInteger(offset) || offset < 0 || number('length', length) !== length) {
    throw new Error(
      `${what} says that ${given.get('length')} bytes at ${given.get('offset')} of another file are its data, but its shape needs ${length}.`,
    );
  }
  return { location: given.get('location') ?? '', offset, length };
}
