// ONNX Runtime on a device whose memory keeps arrays between runs.
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import { type OrtBinding, type OrtPackage, openSession, ortRuntime, toArray, toTensor } from './ort.js';
import type { DeviceArray, DeviceRuntime, HoldingExecutable } from './runtime.js';

/** With the channels last, as they would be by default, some convolutions give wrong numbers: see docs/engine-notes.md. */
export const webgpuSession = (): InferenceSession.SessionOptions => ({
  executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }],
  graphOptimizationLevel: 'extended',
});

class OrtDeviceArray implements DeviceArray {
  readonly tensor: OrtTensor;

  constructor(tensor: OrtTensor) {
    this.tensor = tensor;
  }

  get dtype(): DType {
    return this.tensor.type as DType;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  release(): void {
    this.tensor.dispose();
  }
}

/** A runtime over an ONNX Runtime package for such a device. */
export function ortDeviceRuntime(binding: OrtBinding): DeviceRuntime {
  return {
    ...ortRuntime(binding),
    async openHolding(model, held) {
      const ort = await binding.load();
      // Files of `encodeModel` have outputs of these names.
      const stays = Array.from({ length: held }, (_, i) => [`output${i}`, 'gpu-buffer'] as const);
      const session = await openSession(ort, model, {
        ...binding.sessionOptions({}),
        ...(held > 0 ? { preferredOutputLocation: Object.fromEntries(stays) } : {}),
      });
      return new OrtHoldingExecutable(ort, session, held);
    },
  };
}

class OrtHoldingExecutable implements HoldingExecutable {
  readonly #ort: OrtPackage;
  readonly #session: InferenceSession;
  readonly #held: number;

  constructor(ort: OrtPackage, session: InferenceSession, held: number) {
    this.#ort = ort;
    this.#session = session;
    this.#held = held;
  }

  async run(inputs: readonly (NdArray | DeviceArray)[]) {
    const { inputNames, outputNames } = this.#session;
    if (inputs.length !== inputNames.length)
      throw new TypeError(`run: the graph takes ${inputNames.length} inputs, but got ${inputs.length}.`);
    const feeds = Object.fromEntries(inputNames.map((name, i) => [name, this.#tensorOf(inputs[i]!)]));
    const results = await this.#session.run(feeds);
    const tensors = outputNames.map((name) => results[name]!);
    return {
      held: tensors.slice(0, this.#held).map((tensor) => new OrtDeviceArray(tensor)),
      read: tensors.slice(this.#held).map(toArray),
    };
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #tensorOf(array: NdArray | DeviceArray): OrtTensor {
    if (array instanceof NdArray) return toTensor(this.#ort, array);
    if (array instanceof OrtDeviceArray) return array.tensor;
    throw new TypeError('run: an array of the device came from another runtime.');
  }
}
