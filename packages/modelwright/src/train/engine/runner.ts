import type { EngineVariables, EvaluationResult, OnDevice, Shard, StepResult } from './protocol.js';

/** One worker's part of a training: its variables, the optimiser's arrays, and the compiled graphs. */
export interface Runner {
  addProgram(program: number, model: Uint8Array, onDevice: OnDevice): Promise<void>;
  /** One step of the optimiser on this worker's part of one or more batches, which trains one group. */
  step(shards: readonly (Shard | undefined)[], hyper: readonly number[], group: number): Promise<StepResult>;
  /** Runs a graph that gives extras, and behind them whatever else it gives, without changing anything. */
  evaluate(shard: Shard, averaged: boolean): Promise<EvaluationResult>;
  /** Copies of everything this worker holds; of the optimiser's arrays its share, zeros elsewhere. */
  read(): EngineVariables | Promise<EngineVariables>;
  write(variables: EngineVariables): void | Promise<void>;
  release(): Promise<void>;
}
