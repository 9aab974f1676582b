import { toBinary } from '@bufbuild/protobuf';
import { type ExternalData, externalData, readProto, tensorBytes } from './decode.js';
import {
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  ModelProtoSchema,
  type TensorProto,
} from './generated/onnx_pb.js';

/** Protocol buffers end at two gigabytes. */
const mostBytes = 2 ** 31 - 1;

/**
 * An ONNX file with the data of its tensors in itself. Unchanged where they are there already.
 * @param read reads what is kept in other files
 * @throws Error when it would be larger than such a file can be
 */
export function withExternalData(
  bytes: Uint8Array,
  read: (data: ExternalData) => Uint8Array,
  where: string,
): Uint8Array {
  const model = readProto(bytes, where);
  const external = (model.graph ? tensorsOf(model.graph) : []).filter(
    ({ dataLocation }) => dataLocation === DataLocation.EXTERNAL,
  );
  if (external.length === 0) return bytes;
  const lengths = external.map((tensor) => tensorBytes(tensor, where));
  const total = lengths.reduce((sum, length) => sum + length, bytes.length);
  if (total > mostBytes) {
    throw new Error(
      `${where} and its data are ${total} bytes; as one file they may have ${mostBytes}. Make it smaller, by half precision or quantisation.`,
    );
  }
  for (const [i, tensor] of external.entries()) {
    tensor.rawData = new Uint8Array(
      read(externalData(tensor, lengths[i]!, `${where}: tensor '${tensor.name}'`)),
    );
    tensor.externalData = [];
    tensor.dataLocation = DataLocation.DEFAULT;
  }
  return toBinary(ModelProtoSchema, model);
}

/** All tensors of a graph, those of its nodes and of graphs within it too. */
function tensorsOf({ initializer, node }: GraphProto): TensorProto[] {
  const ofNodes = node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t, tensors, g, graphs }) => [
      ...(t ? [t] : []),
      ...tensors,
      ...[...(g ? [g] : []), ...graphs].flatMap(tensorsOf),
    ]),
  );
  return [...initializer, ...ofNodes];
}
