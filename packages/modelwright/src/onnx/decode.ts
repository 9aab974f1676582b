import { fromBinary } from '@bufbuild/protobuf';
import { NdArray, sizeOf } from '../graph/array.js';
import { bytesPerElement, type DType, dtypes, typedArrayOf } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.js';
import { onnxDataType } from './types.js';

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
  | readonly (number | bigint | string)[];

/** One operation of an ONNX file. */
export interface OnnxNode {
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

const dtypeByCode = new Map(dtypes.map((dtype) => [onnxDataType(dtype), dtype]));

/**
 * Reads an ONNX file.
 * @param where how messages name the file
 * @throws Error when it is cut off or no ONNX file, or holds something that has no place here: external data, sparse tensors,
 * element types such as complex numbers
 */
export function decodeModel(bytes: Uint8Array, where = 'the ONNX file'): OnnxModel {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new Error(`${where} cannot be read: it is cut off, or no ONNX file.`, { cause });
  }
  if (!model.graph) throw new Error(`${where} holds no graph: it is cut off, or no ONNX file.`);
  return {
    irVersion: Number(model.irVersion),
    producer: model.producerName,
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    graph: decodeGraph(model.graph, where),
  };
}

function decodeGraph(graph: GraphProto, where: string): OnnxGraph {
  if (graph.sparseInitializer.length > 0)
    throw new Error(`${where} holds sparse tensors, which are not read.`);
  return {
    name: graph.name,
    inputs: graph.input.map((value) => decodeValue(value, where)),
    outputs: graph.output.map((value) => decodeValue(value, where)),
    nodes: graph.node.map(({ opType, domain, input, output, attribute }) => ({
      operator: opType,
      domain,
      inputs: input,
      outputs: output,
      attributes: Object.fromEntries(attribute.map((item) => [item.name, decodeAttribute(item, where)])),
    })),
    initializers: new Map(graph.initializer.map((tensor) => [tensor.name, decodeTensor(tensor, where)])),
  };
}

function decodeValue({ name, type }: ValueInfoProto, where: string): OnnxValue {
  if (type?.value.case !== 'tensorType') throw new Error(`${where}: '${name}' is not a tensor.`);
  const { elemType, shape } = type.value.value;
  return {
    name,
    dtype: dtypeOf(elemType, `${where}: '${name}'`),
    shape: (shape?.dim ?? []).map(({ value }) =>
      value.case === 'dimValue' ? Number(value.value) : value.case === 'dimParam' ? value.value : '?',
    ),
  };
}

function dtypeOf(code: number, where: string): DType {
  const dtype = dtypeByCode.get(code);
  if (!dtype) throw new Error(`${where} has element type ${code} of ONNX, which is not read.`);
  return dtype;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function decodeAttribute(attribute: AttributeProto, where: string): OnnxAttributeValue {
  const { name, type } = attribute;
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
      if (attribute.t) return decodeTensor(attribute.t, where);
      break;
    case AttributeType.GRAPH:
      if (attribute.g) return decodeGraph(attribute.g, where);
  }
  throw new Error(
    `${where}: attribute '${name}' is of a kind that is not read (${AttributeType[type] ?? type}).`,
  );
}

/** A TensorProto as an array. @throws Error when its data is outside the file, or not as long as its shape says */
function decodeTensor(tensor: TensorProto, where: string): NdArray {
  const what = `${where}: tensor '${tensor.name}'`;
  if (tensor.dataLocation === DataLocation.EXTERNAL)
    throw new Error(`${what} keeps its data in another file, which is not read.`);
  const dtype = dtypeOf(tensor.dataType, what);
  const shape = tensor.dims.map(Number);
  const size = sizeOf(shape);
  const { rawData } = tensor;
  if (rawData.length > 0 || size === 0) {
    if (rawData.length !== size * bytesPerElement(dtype)) {
      throw new Error(
        `${what} of shape [${shape}] needs ${size * bytesPerElement(dtype)} bytes, but has ${rawData.length}.`,
      );
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
