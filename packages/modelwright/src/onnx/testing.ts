// For tests: ONNX files put together by hand, also such as no exporter writes.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';

type Attribute = number | bigint | readonly bigint[];

const attribute = (name: string, value: Attribute) =>
  create(AttributeProtoSchema, {
    name,
    ...(typeof value === 'bigint'
      ? { type: AttributeType.INT, i: value }
      : typeof value === 'number'
        ? { type: AttributeType.FLOAT, f: value }
        : { type: AttributeType.INTS, ints: [...value] }),
  });

export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
) =>
  create(NodeProtoSchema, {
    opType,
    name: `the ${opType}`,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });

export const value = (name: string, dims: readonly (bigint | string)[] = ['batch', 2n]) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: DataType.FLOAT,
          shape: create(TensorShapeProtoSchema, {
            dim: dims.map((size) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof size === 'bigint'
                    ? { case: 'dimValue', value: size }
                    : { case: 'dimParam', value: size },
              }),
            ),
          }),
        }),
      },
    }),
  });

export const int64 = (name: string, values: readonly bigint[]) =>
  create(TensorProtoSchema, {
    name,
    dataType: DataType.INT64,
    dims: [BigInt(values.length)],
    int64Data: [...values],
  });

export type Part = Parameters<typeof create<typeof GraphProtoSchema>>[1];

export const model = (graph: NonNullable<Part>, version = 17n): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version })],
      graph: create(GraphProtoSchema, {
        input: [value('x')],
        output: [value('y')],
        ...(graph as Record<string, never>),
      }),
    }),
  );

export const external = (location: string, length = '8', offset = '0') =>
  create(TensorProtoSchema, {
    name: 'w',
    dataType: DataType.FLOAT,
    dims: [2n],
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries({ location, length, offset }).map(([key, text]) =>
      create(StringStringEntryProtoSchema, { key, value: text }),
    ),
  });

/** Takes x, a number, and goes round a loop so many times, or as often as is said: gives x or -x. */
export const looping = (times?: bigint): Uint8Array => {
  const of = (name: string, elemType: DataType) =>
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        value: {
          case: 'tensorType',
          value: create(TypeProto_TensorSchema, { elemType, shape: create(TensorShapeProtoSchema, {}) }),
        },
      }),
    });
  const body = create(GraphProtoSchema, {
    name: 'body',
    node: [node('Identity', ['go'], ['goOn']), node('Neg', ['v'], ['w'])],
    input: [of('i', DataType.INT64), of('go', DataType.BOOL), of('v', DataType.FLOAT)],
    output: [of('goOn', DataType.BOOL), of('w', DataType.FLOAT)],
  });
  const loop = node('Loop', ['times', '', 'x'], ['end']);
  loop.attribute = [create(AttributeProtoSchema, { name: 'body', type: AttributeType.GRAPH, g: body })];
  return model({
    ...(times !== undefined && { initializer: [{ ...int64('times', [times]), dims: [] }] }),
    node: [
      ...(times === undefined ? [node('Cast', ['x'], ['times'], { to: 7n })] : []),
      loop,
      node('Identity', ['end'], ['y']),
    ],
    input: [value('x', [])],
    output: [value('y', [])],
  });
};
