// What the training loop and the workers that run its steps say to each other.
import type { Parcel } from '../../runtime/parcel.js';
import type { Device } from '../../runtime/runtime.js';
import type { Layout } from './layout.js';

/** What every worker of a training knows from the start. */
export interface EngineSetup {
  readonly device: Device;
  /** Threads within one session. */
  readonly threads: number;
  readonly workers: number;
  /** Where the parameters lie, and behind them in a vector of its own what the model keeps beside them. */
  readonly parameters: Layout;
  readonly state: Layout;
  /** The parts of the parameters that steps train, each [start, end): one, the whole, unless steps of several kinds take turns. */
  readonly groups: readonly Group[];
  /** Names and starting values of the optimiser's arrays, each as long as the parameters. */
  readonly slots: readonly { readonly name: string; readonly initial: number }[];
  /** Whether an average of the parameters is kept. */
  readonly average: boolean;
  /** What a gradient or evaluation graph gives beside gradients and state: the loss, statistics of metrics. */
  readonly extras: Layout;
  /** Names of the scalars an update takes, in order. */
  readonly hyper: readonly string[];
  /** The largest Euclidean length of the gradient; 0 for no limit. */
  readonly clipNorm: number;
  readonly update: UpdateProgram;
}

/** A stretch of the parameters' vector, on whole cache lines. */
export type Group = readonly [start: number, end: number];

/**
 * How parameters are updated: by one loop for all workers where the optimiser is elementwise throughout, else by a graph in ONNX
 * for each worker's share of each group; on a device with memory of its own by a graph for each group over all vectors that stay
 * there (`flatUpdate`); by no graph where nothing is trained.
 */
export type UpdateProgram =
  | { readonly kind: 'loop'; readonly module: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'vectors'; readonly models: readonly Uint8Array[] }
  | { readonly kind: 'graphs'; readonly models: readonly (readonly Uint8Array[])[] };

/** The arrays of one worker's part of a batch, in the order of the graph's inputs. */
export interface Shard {
  /** Which program runs on it. */
  readonly program: number;
  readonly arrays: readonly Parcel[];
}

/** How a program goes with a device that has a memory of its own; of no matter elsewhere. */
export interface OnDevice {
  /** How many of its first outputs stay on the device. */
  readonly held: number;
  /** The random numbers of a program whose last array is their key. */
  readonly random?: {
    /** Whether the program takes the key itself. */
    readonly takesKey: boolean;
    /** Draws that it takes as one vector, behind everything else. */
    readonly draws: readonly { readonly salt: number; readonly size: number }[];
  };
}

export type EngineRequest =
  | {
      readonly kind: 'setup';
      readonly setup: EngineSetup;
      readonly worker: number;
      readonly shared: SharedMemory | undefined;
    }
  | {
      readonly kind: 'program';
      readonly program: number;
      readonly model: Uint8Array;
      readonly onDevice: OnDevice;
    }
  | {
      readonly kind: 'step';
      readonly shards: readonly (Shard | undefined)[];
      readonly hyper: readonly number[];
      readonly group: number;
    }
  | { readonly kind: 'evaluate'; readonly shard: Shard; readonly averaged: boolean }
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly variables: EngineVariables }
  | { readonly kind: 'release' };

export type EngineMessage = EngineRequest & { readonly id: number };

/** Everything a training changes, as flat vectors. */
export interface EngineVariables {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly state: Float32Array<ArrayBuffer>;
  /** By slot; each worker holds its share, and the vectors here are whole. */
  readonly slots: readonly Float32Array<ArrayBuffer>[];
  readonly average: Float32Array<ArrayBuffer> | undefined;
}

export interface StepResult {
  readonly extras: Float32Array<ArrayBuffer>;
  /** The Euclidean length of the gradient before clipping; NaN when it was not asked for. */
  readonly gradientNorm: number;
}

export interface EvaluationResult {
  readonly extras: Float32Array<ArrayBuffer>;
  /** What the graph gives behind the extras: predictions. */
  readonly outputs: readonly Parcel[];
}

export type EngineReply =
  | { readonly id: number; readonly value: StepResult | EvaluationResult | EngineVariables | undefined }
  | { readonly id: number; readonly error: string };

/** Memory that all workers of a training see. */
export interface SharedMemory {
  /** How many have come to this meeting, meetings so far, whether a worker has failed, and a count to wait on. */
  readonly control: SharedArrayBuffer;
  /** One gradient vector (with state and extras behind) a worker. */
  readonly gradients: readonly SharedArrayBuffer[];
  readonly parameters: SharedArrayBuffer;
  /** One double a worker: its share of the gradient's squared length. */
  readonly squares: SharedArrayBuffer;
}
