import { NdArray } from '../../graph/array.js';
import type {
  EngineSetup,
  EngineVariables,
  EvaluationResult,
  OnDevice,
  Shard,
  StepResult,
} from './protocol.js';
import type { Runner } from './runner.js';

/** Runs the steps of one training, wherever its workers live. Calls are served in the order in which they come. */
export interface Engine {
  readonly workers: number;
  /** Gives every worker a compiled graph under this number. */
  addProgram(program: number, model: Uint8Array, onDevice: OnDevice): Promise<void>;
  /**
   * One step on several batches, each as one part a worker (or none, where the batch has too few examples).
   * @param group which of the setup's groups it trains
   */
  step(
    batches: readonly (readonly (Shard | undefined)[])[],
    hyper: readonly number[],
    group: number,
  ): Promise<StepResult>;
  /** Runs a program on one batch in one worker, on the parameters or on their average. */
  evaluate(shard: Shard, worker: number, averaged: boolean): Promise<EvaluationResult>;
  read(): Promise<EngineVariables>;
  write(variables: EngineVariables): Promise<void>;
  close(): Promise<void>;
}

/** An engine in this very thread, with one worker: for browsers' workers. */
export function inlineEngine(runner: Runner): Engine {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T> | T): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    workers: 1,
    addProgram: (program, model, onDevice) => inTurn(() => runner.addProgram(program, model, onDevice)),
    step: (batches, hyper, group) =>
      inTurn(() =>
        runner.step(
          batches.map(([shard]) => shard),
          hyper,
          group,
        ),
      ),
    evaluate: (shard, _worker, averaged) => inTurn(() => runner.evaluate(shard, averaged)),
    read: () => inTurn(() => runner.read()),
    write: (variables) => inTurn(() => runner.write(variables)),
    close: () => inTurn(() => runner.release()),
  };
}

/** The arrays of a flat vector by name, copied. */
export function arraysOf(
  places: EngineSetup['parameters']['places'],
  vector: Float32Array,
): Map<string, NdArray<'float32'>> {
  return new Map(
    places.map(({ name, shape, offset }) => {
      const array = new NdArray('float32', shape);
      array.data.set(vector.subarray(offset, offset + array.size));
      return [name, array];
    }),
  );
}
