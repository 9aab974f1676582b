import type { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import type { Graph } from '../graph/graph.js';

/** What a runtime computes with. */
export type Device = 'cpu' | 'webgpu';

export interface CompileOptions {
  /** Threads one run may use. Default: as many as the machine has cores. */
  readonly threads?: number;
  /** Whether the weights are constants of the graph, as in a model that is no longer trained: they may then be laid out anew. */
  readonly inference?: boolean;
}

/** A compiled graph. Not for use by two calls at once: wait for one run before the next. */
export interface Executable {
  /**
   * Runs the graph.
   * @param inputs one array an input of the graph, of its dtype and shape
   * @param outputs arrays to write into, one an output; where one is given, no memory is allocated for it
   * @returns one array an output: those given, or new ones
   */
  run(inputs: readonly NdArray[], outputs?: readonly NdArray[]): Promise<NdArray[]>;
  /** Frees what the graph holds. */
  release(): Promise<void>;
}

/** Something that runs graphs. Everything above this interface is the same for all of them. */
export interface Runtime {
  readonly name: string;
  /** @throws Error when the graph holds something this runtime cannot run, or the device is not there */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
}

/** A runtime whose graphs arrive as ONNX files, from wherever they were traced. */
export interface OnnxRuntime extends Runtime {
  open(model: Uint8Array, options?: CompileOptions): Promise<Executable>;
  /** Opens a file that this program need not read, or keep in memory. Default: it is read and opened. */
  openFile?(path: string, options?: CompileOptions): Promise<Executable>;
}

/** An array in the memory of a device. */
export interface DeviceArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Gives its memory back; it cannot be used any more. */
  release(): void;
}

/** A compiled graph whose first outputs stay on the device. */
export interface HoldingExecutable {
  /** Runs the graph on arrays of this program's memory, of the device's, or of both. */
  run(inputs: readonly (NdArray | DeviceArray)[]): Promise<{
    /** The outputs that stay on the device. Whoever asked for them releases them. */
    readonly held: readonly DeviceArray[];
    /** The others. */
    readonly read: readonly NdArray[];
  }>;
  release(): Promise<void>;
}

/** A runtime on a device with memory of its own, in which arrays may stay from run to run. */
export interface DeviceRuntime extends OnnxRuntime {
  /** @param held how many outputs stay on the device: the first so many */
  openHolding(model: Uint8Array, held: number): Promise<HoldingExecutable>;
}
