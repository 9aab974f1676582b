// For tests: one graph or file, run once in ONNX Runtime on this thread.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { NdArray } from '../graph/array.js';
import type { Graph } from '../graph/graph.js';
import { type EncodeOptions, encodeModel, inputNames } from '../onnx/encode.js';
import { ortModel } from './ort.js';
import { webgpuSession } from './ortHolding.js';
import { ortCpu } from './ortNode.js';
import type { DeviceArray, DeviceRuntime, HoldingExecutable } from './runtime.js';

export async function openOrt(
  graph: Graph,
  inputs: readonly NdArray[],
  options: EncodeOptions = {},
): Promise<NdArray[]> {
  const names = inputNames(graph);
  const feeds = Object.fromEntries(inputs.map((array, i) => [names[i]!, array]));
  const results = await runOnnx(encodeModel(graph, options), feeds);
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

/** ONNX Runtime's CPU provider behind the interface of a device with memory of its own, and how much of that is taken. */
export class PretendedDevice implements DeviceRuntime {
  readonly name = 'a pretended device';
  readonly device = 'webgpu';
  readonly compile = ortCpu.compile;
  readonly open = ortCpu.open;
  /** Sessions and arrays that nobody has released. */
  readonly taken = new Set<object>();
  /** Runs that are left before one fails. */
  runsLeft = Number.POSITIVE_INFINITY;

  async openHolding(model: Uint8Array, held: number): Promise<HoldingExecutable> {
    const executable = await ortCpu.open(model, { threads: 1 });
    const session = {
      run: async (inputs: readonly (NdArray | DeviceArray)[]) => {
        if (this.runsLeft-- <= 0) throw new Error('the device is lost');
        const outputs = await executable.run(inputs.map((input) => this.#read(input)));
        return { held: outputs.slice(0, held).map((array) => this.#hold(array)), read: outputs.slice(held) };
      },
      release: async () => {
        this.#giveBack(session);
        await executable.release();
      },
    };
    this.taken.add(session);
    return session;
  }

  readonly #contents = new Map<object, NdArray>();

  #hold(array: NdArray): DeviceArray {
    const { dtype, shape } = array;
    const held = { dtype, shape, release: () => this.#giveBack(held) };
    this.#contents.set(held, array);
    this.taken.add(held);
    return held;
  }

  #read(array: NdArray | DeviceArray): NdArray {
    if (array instanceof NdArray) return array;
    if (!this.taken.has(array)) throw new Error('an array was used after its release');
    return this.#contents.get(array)!;
  }

  #giveBack(what: object): void {
    if (!this.taken.delete(what)) throw new Error('something was released twice');
    this.#contents.delete(what);
  }
}
