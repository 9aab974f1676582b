// For tests: one graph or file, run once in ONNX Runtime on this thread.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { NdArray } from '../graph/array.js';
import type { Graph } from '../graph/graph.js';
import { type EncodeOptions, encodeModel, inputNames } from '../onnx/encode.js';
import { ortModel } from './ort.js';
import { webgpuSession } from './ortHolding.js';

export async function openOrt(
  graph: Graph,
  inputs: readonly NdArray[],
  extensions: boolean,
  options: EncodeOptions = {},
): Promise<NdArray[]> {
  const names = inputNames(graph);
  const feeds = Object.fromEntries(inputs.map((array, i) => [names[i]!, array]));
  const results = await runOnnx(encodeModel(graph, { extensions, ...options }), feeds);
  return graph.outputs.map(({ dtype }, i) => {
    const { shape, data } = results[`output${i}`]!;
    return new NdArray(dtype, shape, data) as NdArray;
  });
}

/** The outputs of an ONNX file by name, in a plain session. */
export async function runOnnx(
  model: Uint8Array,
  inputs: Readonly<Record<string, NdArray>>,
): Promise<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const results = await session.run(
    Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
        name,
        new OrtTensor(dtype as 'float32', data as Float32Array, shape),
      ]),
    ),
  );
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      name,
      { shape: dims, data: data as Float32Array<ArrayBuffer> },
    ]),
  );
}

/** Whether ONNX Runtime's WebGPU provider has a kernel for each node of a graph, so that none leaves the device. */
export async function staysOnWebgpu(graph: Graph): Promise<boolean> {
  const options = { ...webgpuSession(), extra: { session: { disable_cpu_ep_fallback: '1' } } };
  try {
    const session = await InferenceSession.create(ortModel(graph, 'webgpu'), {
      logSeverityLevel: 4,
      ...options,
    });
    await session.release();
    return true;
  } catch (error) {
    if (/fallback to CPU EP has been explicitly disabled/.test((error as Error).message)) return false;
    throw error;
  }
}
