import { type DType, dtypes } from '../graph/dtype.js';
import { TensorProto_DataType as Type } from './generated/onnx_pb.js';

const codes: Record<DType, number> = {
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  float16: Type.FLOAT16,
  int32: Type.INT32,
  int64: Type.INT64,
  uint32: Type.UINT32,
  uint8: Type.UINT8,
  int8: Type.INT8,
  bool: Type.BOOL,
};

/** The number by which ONNX knows a dtype (TensorProto.DataType). */
export function onnxDataType(dtype: DType): number {
  return codes[dtype];
}

const dtypeByCode = new Map(dtypes.map((dtype) => [onnxDataType(dtype), dtype]));

/** The dtype that ONNX knows by this number, if there is one here. */
export function onnxDtype(code: number): DType | undefined {
  return dtypeByCode.get(code);
}
