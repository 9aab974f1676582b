import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Context } from 'hono';
import { type RunLimits, type ThreadRuntime, threadRuntime } from 'modelwright/runtime';
import {
  checkInputs,
  limitedRuntime,
  type ModelConfig,
  openModel,
  type RunnableModel,
  warmUp,
} from 'modelwright/saved';
import { InputError } from '../errors.js';
import { beginSpan, currentRequest, type ModelWatch, noteTokens, unwatched } from '../watching/index.js';
import { type Arrays, whyNotJoined } from './joining.js';
import { ReplicaPool } from './replicaPool.js';
import { RunLine } from './runLine.js';
import type { Abilities, AbilityName } from './tasks/abilities.js';
import { servedTasks } from './tasks/index.js';
import type { AnswerContext, PageInput, SoundStream } from './tasks/task.js';

type Outputs = Awaited<ReturnType<RunnableModel['run']>>;

/** A request for a prediction that was read and is in order. */
export interface PreparedAnswer {
  /** Whether the answer comes in pieces. */
  readonly streams: boolean;
  /**
   * Waits for a replica and makes the answer.
   * @throws InvalidInputError when the model does not take what it is given
   * @throws ServiceError 503 when too many requests are waiting
   */
  answer(context: AnswerContext): Promise<object>;
}

/** How a model answers what people send: pictures or texts. */
export interface ServedPredictor {
  /** What the page asks a person for. */
  readonly input: PageInput;
  /** @throws ServiceError when the request is not what the model takes */
  read(c: Context): Promise<PreparedAnswer>;
  /** Begins to hear sound that arrives in pieces; undefined for models that take whole inputs. */
  readonly stream?: ((query: (name: string) => string | undefined) => Promise<SoundStream>) | undefined;
}

/** A model that answers requests. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly config: ModelConfig;
  /** Answers what people send; undefined for tasks whose models take arrays alone. */
  readonly predictor: ServedPredictor | undefined;
  /** What clients of OpenAI's API may ask it for. */
  readonly abilities: ReadonlySet<AbilityName>;
  /**
   * Does work with what a replica can do, once one is free.
   * @throws ServiceError 503 when too many requests are waiting
   */
  use<Result>(
    work: (can: Abilities, context: AnswerContext) => Promise<Result>,
    context: AnswerContext,
  ): Promise<Result>;
  /**
   * Runs the model.
   * @param signal ends the wait for a result
   * @throws InvalidInputError when an input does not fit
   * @throws ServiceError 503 when too many requests are waiting
   */
  run(inputs: Arrays, signal: AbortSignal): Promise<Outputs>;
  /** Waits for the work under way, and frees what the model holds. */
  release(): Promise<void>;
}

/** Looks at the inputs of a run. @returns what is to look at its outputs; undefined where this run does not matter */
export type Sampler = (inputs: Arrays) => ((outputs: Arrays) => void) | undefined;

/** How a model is run that answers requests. */
export interface ServingSettings {
  /** Copies of the model that run at once, each in a thread of its own. Default: 2, or 1 on a single core. */
  readonly replicas?: number | undefined;
  /** The most requests that may wait for a replica. Default: 64. */
  readonly queueSize?: number | undefined;
  /** The most examples of requests that come at the same time to run together. Default: requests are run one by one. */
  readonly batchSize?: number | undefined;
  /** Milliseconds that a request waits for others to be run with. Default: 0. */
  readonly batchWindow?: number | undefined;
}

export interface ServeModelOptions extends ServingSettings {
  /** Name in addresses. Default: the folder's. */
  readonly name?: string | undefined;
  /** Default: '1'. */
  readonly version?: string | undefined;
  /** Told what the model does. Default: nobody is. */
  readonly watch?: ModelWatch | undefined;
  /** Looks at what the saved graph is given and gives. Default: nobody does. */
  readonly sample?: Sampler | undefined;
  /** What the model's files may take: they run in processes of their own then. Default: no bound, in threads of this process. */
  readonly limits?: RunLimits | undefined;
}

/** Opens a saved model for serving. @throws Error when it cannot be read */
export async function serveModel(directory: string, options: ServeModelOptions = {}): Promise<ServedModel> {
  const cores = availableParallelism();
  const {
    name = basename(resolve(directory)),
    version = '1',
    replicas = Math.min(2, cores),
    queueSize = 64,
    watch = unwatched,
    limits,
  } = options;
  const threads = Math.max(1, Math.floor(cores / replicas));
  const opened = await allOrNone(
    Array.from({ length: replicas }, async () => {
      const runtime = limits ? await limitedRuntime(directory, limits) : threadRuntime();
      const plain = await openModel(directory, { runtime, threads });
      try {
        await warmUp(plain);
        const model = sampled(plain, options.sample);
        const task = servedTasks[model.config.task];
        const replica = { directory, model, runtime, threads, trusted: !limits };
        return { runtime, model, task, opened: await task?.open(replica) };
      } catch (error) {
        await plain.release();
        throw error;
      }
    }),
    ({ model }) => model.release(),
  );
  const { model, task } = opened[0]!;
  const { config } = model;
  const pool = new ReplicaPool(opened, queueSize);
  const use = <Result>(
    work: (replica: (typeof opened)[number]) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> => {
    const { began, left } = waitBegins(watch);
    const watched = async (replica: (typeof opened)[number]): Promise<Result> => {
      const computed = began();
      const since = performance.now();
      return work(replica).finally(() => {
        computed();
        watch.executed(1, (performance.now() - since) / 1000);
      });
    };
    return pool.run(watched, signal).finally(left);
  };
  const line = lineFor(pool, config, { ...options, name }, watch);
  const run = (inputs: Arrays, signal: AbortSignal): Promise<Outputs> => {
    const { began, left } = waitBegins(watch);
    return line.run(inputs, signal, began).finally(left);
  };
  const abilitiesOf = (replica: (typeof opened)[number]): Abilities =>
    task?.abilities?.(replica.opened, config) ?? {};
  let turn = 0;
  return {
    name,
    version,
    config,
    predictor: task && {
      input: task.input,
      async read(c) {
        const request = await task.read(c, config);
        return {
          streams: request.streams ?? false,
          async answer(context) {
            const send = timedSend(context.send, watch);
            const { signal } = context;
            const joined = task.joined?.(opened[0]!.opened, {
              ...model,
              run: (inputs) => run(inputs, signal),
            });
            const made = joined
              ? await request.answer(joined, { ...context, send })
              : await use(({ opened }) => request.answer(opened, { ...context, send }), signal);
            if ('tokens' in made && typeof made.tokens === 'number') noteTokens(made.tokens);
            return made;
          },
        };
      },
      stream:
        task.stream && task.canStream?.(config)
          ? (query) => task.stream!(opened[turn++ % opened.length]!.opened, query)
          : undefined,
    },
    abilities: new Set(Object.keys(abilitiesOf(opened[0]!)) as AbilityName[]),
    use: (work, context) => {
      const send = timedSend(context.send, watch);
      return use((replica) => work(abilitiesOf(replica), { ...context, send }), context.signal);
    },
    async run(inputs, signal) {
      checkInputs(config, inputs);
      return run(inputs, signal);
    },
    async release() {
      await line.idle();
      for (const { model, opened } of await pool.drain()) {
        await task?.release?.(opened);
        await model.release();
      }
    },
  };
}

/** Waits for all; where one fails, the others are given back. @throws Error of the first that failed */
async function allOrNone<Each>(
  promises: readonly Promise<Each>[],
  giveBack: (each: Each) => Promise<void>,
): Promise<readonly Each[]> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((each) => each.status === 'rejected');
  if (!failed) return Promise.all(promises);
  for (const each of settled) if (each.status === 'fulfilled') await giveBack(each.value);
  throw failed.reason;
}

/** The line in which requests wait to be run. @throws InputError when they are to be joined, and the model's inputs cannot be */
function lineFor<Each extends { readonly model: RunnableModel; readonly runtime: ThreadRuntime }>(
  pool: ReplicaPool<Each>,
  config: ModelConfig,
  { name, batchSize: size = 1, batchWindow: window = 0, queueSize = 64 }: ServeModelOptions,
  watch: ModelWatch,
): RunLine<Each> {
  const reason = size > 1 ? whyNotJoined(config) : undefined;
  if (reason !== undefined) {
    throw new InputError(
      `Requests to '${name}' cannot be run together: ${reason}. Leave the batch size out.`,
    );
  }
  return new RunLine(
    pool,
    { size, window, queueSize },
    {
      run: ({ model }, inputs) => model.run(inputs),
      busy: ({ runtime }) => runtime.busy,
      executed(requests, seconds) {
        const examples = requests.reduce((sum, inputs) => sum + batchOf(config, inputs), 0);
        watch.executed(examples, seconds);
      },
    },
  );
}

/** How many examples the inputs hold: as their first open dimension says. */
function batchOf({ inputs: [spec] }: ModelConfig, inputs: Arrays): number {
  return spec && typeof spec.shape[0] !== 'number' ? (inputs[spec.name]?.shape[0] ?? 1) : 1;
}

/** A request begins to wait: what to call when it is run, which gives what to call when it has been; and when it waits no more. */
function waitBegins(watch: ModelWatch): { readonly began: () => () => void; readonly left: () => void } {
  const request = currentRequest();
  const waited = watch.waiting();
  const queued = beginSpan('queue');
  let waits = true;
  const left = (): void => {
    if (!waits) return;
    waits = false;
    waited();
    queued();
  };
  const began = (): (() => void) => {
    left();
    return beginSpan('compute', request);
  };
  return { began, left };
}

/** Sends pieces of an answer, and tells how long each took. */
function timedSend(send: AnswerContext['send'], watch: ModelWatch): AnswerContext['send'] {
  let [before, first] = [performance.now(), true];
  return (piece) => {
    const now = performance.now();
    (first ? watch.firstToken : watch.nextToken)((now - before) / 1000);
    [before, first] = [now, false];
    send(piece);
  };
}

function sampled(model: RunnableModel, sample: Sampler | undefined): RunnableModel {
  if (!sample) return model;
  return {
    ...model,
    async run(inputs) {
      const look = sample(inputs); // before the run, which may take the arrays away
      const outputs = await model.run(inputs);
      look?.(outputs);
      return outputs;
    },
  };
}
