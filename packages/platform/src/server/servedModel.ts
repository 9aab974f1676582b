import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { threadRuntime } from 'modelwright/runtime';
import { checkInputs, type ModelConfig, openModel, type RunnableModel } from 'modelwright/saved';
import { predictors, type RequestPredictor } from './predictor.js';
import { ReplicaPool } from './replicaPool.js';

type Arrays = Awaited<ReturnType<RunnableModel['run']>>;

/** A model that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly config: ModelConfig;
  /** Reads what people send; undefined for tasks whose models take arrays alone. */
  readonly predictor: RequestPredictor | undefined;
  /**
   * Runs the model.
   * @param signal ends the wait for a result
   * @throws InvalidInputError when an input does not fit
   * @throws ServiceError 503 when too many requests are waiting
   */
  run(inputs: Readonly<Arrays>, signal: AbortSignal): Promise<Arrays>;
  /** Waits for the work under way, and frees what the model holds. */
  release(): Promise<void>;
}

export interface ServeModelOptions {
  /** Name in addresses. Default: the folder's. */
  readonly name?: string | undefined;
  /** Default: '1'. */
  readonly version?: string | undefined;
  /** Copies of the model that run at once, each in a thread of its own. Default: 2, or 1 on a single core. */
  readonly replicas?: number | undefined;
  /** The most requests that may wait for a replica. Default: 64. */
  readonly queueSize?: number | undefined;
}

/** Opens a saved model for serving. @throws Error when it cannot be read */
export async function serveModel(directory: string, options: ServeModelOptions = {}): Promise<ServedModel> {
  const cores = availableParallelism();
  const {
    name = basename(resolve(directory)),
    version = '1',
    replicas = Math.min(2, cores),
    queueSize = 64,
  } = options;
  const threads = Math.max(1, Math.floor(cores / replicas));
  const models = await Promise.all(
    Array.from({ length: replicas }, () => openModel(directory, { runtime: threadRuntime(), threads })),
  );
  const { config } = models[0]!;
  const predictor = await predictors[config.task]?.(models[0]!, directory);
  const pool = new ReplicaPool(models, queueSize);
  return {
    name,
    version,
    config,
    predictor,
    async run(inputs, signal) {
      checkInputs(config, inputs);
      return pool.run((model) => model.run(inputs), signal);
    },
    async release() {
      for (const model of await pool.drain()) await model.release();
    },
  };
}
