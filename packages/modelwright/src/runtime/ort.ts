// What onnxruntime-node and onnxruntime-web have in common: both speak the interface of onnxruntime-common.
import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from 'onnxruntime-common';
import { NdArray } from '../graph/array.js';
import { type DType, dtypes, type TypedArrayOf } from '../graph/dtype.js';
import { Graph } from '../graph/graph.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { input } from '../graph/tensor.js';
import { encodeModel } from '../onnx/encode.js';
import { neg } from '../primitives/index.js';
import { convolutionsAsProducts } from '../transforms/convolutionProducts.js';
import { convolutionsByTiles } from '../transforms/convolutionWinograd.js';
import { forWebgpu } from '../transforms/forWebgpu.js';
import { type Rewrite, simplify, simplifySteps } from '../transforms/simplify.js';
import type { CompileOptions, Device, Executable, OnnxRuntime } from './runtime.js';

/** The part of an ONNX Runtime package that is used here. */
export interface OrtPackage {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof OrtTensor;
}

/** What suits the CPU where weights change: constant weights are laid out better by ONNX Runtime itself. */
const cpuRewrites: readonly Rewrite[] = [
  { name: 'convolutions by tiles', run: convolutionsByTiles },
  { name: 'convolutions as products', run: convolutionsAsProducts },
];

/** A graph as a file for ONNX Runtime on a device: simplified, with ONNX Runtime's own operators where the device has them. */
export function ortModel(
  graph: Graph,
  device: Device,
  options: CompileOptions = {},
): Uint8Array<ArrayBuffer> {
  return encodeFor(simplify(graph, rewritesFor(device, options)), device);
}

/** The same, a little at a time: between the pieces of work it waits for `pause`, so that an event loop can go on. */
export async function ortModelWithPauses(
  graph: Graph,
  device: Device,
  pause: () => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const steps = simplifySteps(graph, rewritesFor(device, {}));
  for (;;) {
    const { done, value } = steps.next();
    await pause();
    if (done) return encodeFor(value, device);
  }
}

const webgpuRewrites: readonly Rewrite[] = [{ name: 'what WebGPU has no kernels for', run: forWebgpu }];

function rewritesFor(device: Device, { inference = false }: CompileOptions): readonly Rewrite[] {
  if (device === 'webgpu') return webgpuRewrites;
  return inference ? [] : cpuRewrites;
}

function encodeFor(graph: Graph, device: Device): Uint8Array<ArrayBuffer> {
  // On WebGPU, FusedMatMul would run on the CPU, its operands copied there and back.
  return encodeModel(graph, device === 'cpu' ? { extensions: true, emptySequence } : { webgpu: true });
}

/** The output that is no tensor: see `endsBeforeCopies`. */
const emptySequence = 'emptySequence';
/** What onnxruntime-node says of it, when the graph has run. */
const refusal = 'Non tensor type is temporarily not supported.';

async function runAndRefuse(
  session: InferenceSession,
  feeds: Record<string, OrtTensor>,
  fetches: Record<string, OrtTensor>,
): Promise<void> {
  await session.run(feeds, { ...fetches, [emptySequence]: null }).catch((error: Error) => {
    if (error.message !== refusal) throw error;
  });
}

/**
 * Whether a run can end before its results are copied. onnxruntime-node writes results into the arrays it is given, and then makes a
 * new array of each all the same, which nobody reads: half a millisecond a megabyte. When it is asked for an output that is no
 * tensor, it says after the run that it has no array for such a thing, and leaves it at that; asked for it first, it copies nothing.
 */
async function endsBeforeCopies(ort: OrtPackage): Promise<boolean> {
  const x = input('x', 'float32', []);
  const session = await ort.InferenceSession.create(encodeFor(new Graph([x], [neg(x)]), 'cpu'), {
    intraOpNumThreads: 1,
  });
  const [one, result] = [NdArray.from(1), NdArray.from(0)].map((array) => toTensor(ort, array));
  try {
    await runAndRefuse(session, { x: one! }, { output0: result! });
    return result!.data[0] === -1;
  } catch {
    return false;
  } finally {
    await session.release();
  }
}

/** How an ONNX Runtime package is used for one device. */
export interface OrtBinding {
  readonly name: string;
  readonly device: Device;
  readonly load: () => Promise<OrtPackage>;
  readonly sessionOptions: (options: CompileOptions) => InferenceSession.SessionOptions;
  /** Whether the package writes results into arrays it is given. Where it does not, they are copied there. */
  readonly writesInPlace: boolean;
}

/** A session of a file in memory. @throws Error when the graph holds something that cannot run there, or the device is not there */
export function openSession(
  ort: OrtPackage,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return ort.InferenceSession.create(model, { logSeverityLevel: 3, ...options }).catch((error: Error) => {
    throw /WebGPU adapter/.test(error.message) ? noAdapter(error) : error;
  });
}

/** A runtime over an ONNX Runtime package. */
export function ortRuntime({ name, device, load, sessionOptions, writesInPlace }: OrtBinding): OnnxRuntime {
  let probed: Promise<boolean> | undefined;
  const open = async (model: Uint8Array, options: CompileOptions = {}): Promise<Executable> => {
    const ort = await load();
    if (writesInPlace && device === 'cpu') probed ??= endsBeforeCopies(ort);
    const session = await openSession(ort, model, sessionOptions(options));
    return new OrtExecutable(ort, session, writesInPlace, await probed);
  };
  return {
    name,
    open,
    compile: (graph: Graph, options?: CompileOptions) => open(ortModel(graph, device, options), options),
  };
}

function noAdapter(cause: Error): Error {
  const advice =
    "Install a driver for the GPU (Metal, Direct3D 12, or Vulkan and its loader: libvulkan1), or compute on the device 'cpu'.";
  return new Error(`WebGPU finds no GPU on this machine. ${advice}`, { cause });
}

class OrtExecutable implements Executable {
  readonly #ort: OrtPackage;
  readonly #session: InferenceSession;
  readonly #writesInPlace: boolean;
  readonly #outputNames: readonly string[];
  /** Whether to ask for the empty sequence, where results are written in place. */
  readonly #refuses: boolean;
  /** Tensors made over arrays that come again each run: parameters, buffers. */
  readonly #tensors = new WeakMap<NdArray, OrtTensor>();

  constructor(ort: OrtPackage, session: InferenceSession, writesInPlace: boolean, refuses = false) {
    this.#ort = ort;
    this.#session = session;
    this.#writesInPlace = writesInPlace;
    this.#refuses = refuses && session.outputNames[0] === emptySequence;
    this.#outputNames = session.outputNames.filter((name) => name !== emptySequence);
  }

  async run(inputs: readonly NdArray[], outputs?: readonly NdArray[]): Promise<NdArray[]> {
    const { inputNames } = this.#session;
    const outputNames = this.#outputNames;
    const feeds: Record<string, OrtTensor> = {};
    for (const [position, name] of inputNames.entries()) {
      const array = inputs[position];
      if (!array)
        throw new TypeError(`run: the graph takes ${inputNames.length} inputs, but got ${inputs.length}.`);
      this.#checkShape(position, array);
      feeds[name] = this.#tensorOf(array);
    }
    if (!outputs || !this.#writesInPlace) {
      const results = await this.#session.run(feeds, outputNames);
      const arrays = outputNames.map((name) => toArray(results[name]!));
      if (!outputs) return arrays;
      for (const [position, { data }] of arrays.entries())
        (outputs[position]!.data as Float32Array).set(data as Float32Array);
      return [...outputs];
    }
    const fetches: Record<string, OrtTensor> = {};
    for (const [position, name] of outputNames.entries()) fetches[name] = this.#tensorOf(outputs[position]!);
    if (this.#refuses) await runAndRefuse(this.#session, feeds, fetches);
    else await this.#session.run(feeds, fetches);
    return [...outputs];
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #checkShape(position: number, { dtype, shape }: NdArray): void {
    const metadata = this.#session.inputMetadata[position];
    if (!metadata?.isTensor) return;
    const fits =
      metadata.type === dtype &&
      metadata.shape.length === shape.length &&
      metadata.shape.every((size, axis) => typeof size === 'string' || size === shape[axis]);
    if (!fits) {
      throw new TypeError(
        `run: input '${metadata.name}' is ${metadata.type}${formatShape(metadata.shape)}, but got ${dtype}${formatShape(shape)}.`,
      );
    }
  }

  #tensorOf(array: NdArray): OrtTensor {
    let tensor = this.#tensors.get(array);
    if (!tensor || !sameShape(tensor.dims, array.shape)) {
      tensor = toTensor(this.#ort, array);
      this.#tensors.set(array, tensor);
    }
    return tensor;
  }
}

export function toTensor(ort: OrtPackage, array: NdArray): OrtTensor {
  const { Tensor } = ort;
  return new Tensor(array.dtype as 'float32', array.data as Float32Array, array.shape);
}

export function toArray(tensor: OrtTensor): NdArray {
  const dtype = tensor.type as DType;
  if (!dtypes.includes(dtype))
    throw new TypeError(`ONNX Runtime gave a tensor of type ${tensor.type}, which has no place here.`);
  return new NdArray(dtype, tensor.dims, (tensor as TypedTensor<'float32'>).data as TypedArrayOf[DType]);
}
