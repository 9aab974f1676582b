// For tests: one graph, run once in ONNX Runtime on this thread.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { NdArray } from '../graph/array.js';
import type { Graph } from '../graph/graph.js';
import { encodeModel, inputNames } from '../onnx/encode.js';

export async function openOrt(
  graph: Graph,
  inputs: readonly NdArray[],
  extensions: boolean,
): Promise<NdArray[]> {
  const session = await InferenceSession.create(encodeModel(graph, { extensions }), { logSeverityLevel: 3 });
  const names = inputNames(graph);
  const feeds = Object.fromEntries(
    inputs.map((array, i) => [
      names[i]!,
      new OrtTensor(array.dtype as 'float32', array.data as Float32Array, array.shape),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return graph.outputs.map((tensor, i) => {
    const result = results[`output${i}`]!;
    return new NdArray(tensor.dtype, result.dims, result.data as Float32Array<ArrayBuffer>) as NdArray;
  });
}
