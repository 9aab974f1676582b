import type { Dataset } from '../data/dataset.js';
import type { Layer } from '../nn/layer.js';
import { learningRateOf, ReduceOnPlateau } from '../optim/index.js';
import type { EpochRecord, History } from '../report/history.js';
import { Alternates } from './alternates.js';
import { type Batch, batchKey, batchLength, rowTypes } from './batch.js';
import type { TrainingControl } from './callbacks.js';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  requireSameTraining,
  workersOf,
} from './checkpoint.js';
import { describeModel, requireCounts, requireMeasurable } from './checks.js';
import type { EngineVariables } from './engine/protocol.js';
import { NonFiniteLossError } from './errors.js';
import { evaluateWith } from './evaluate.js';
import { initialVariables } from './modelInput.js';
import { BestEpoch } from './monitor.js';
import type { FitOptions } from './options.js';
import { type CheckpointStore, trainingPlatform } from './platform.js';
import { noTotals, type StepOutcome, summarizeTotals, type Totals, type TrainingSession } from './session.js';
import { describeTransfer, StagedSession } from './stages.js';
import { TrainedModel } from './trained.js';

const lastCheckpoint = 'last.safetensors';
const bestCheckpoint = 'best.safetensors';
/** Steps sent to the workers before the first of them is done, so that the next batch is ready when they are. */
const stepsAhead = 2;

/**
 * Trains a model.
 *
 *     const digits = await fit(model, train, { loss: crossEntropy, optimizer: adam(1e-3), epochs: 5, metrics: [accuracy] });
 *
 * The steps run in worker threads; the event loop of this thread stays free.
 * @param model the layers
 * @param data examples `{ input, target }`, with `weight` where they count differently; batched already, or not
 * @throws TypeError when the layers, the loss and the data do not fit each other, before any step is taken
 * @throws NonFiniteLossError when the loss is no longer a number; it holds the last good model
 */
export async function fit(model: Layer, data: Dataset, options: FitOptions): Promise<TrainedModel> {
  const training = await Training.open(model, data, options);
  try {
    return await training.run();
  } finally {
    await training.close();
  }
}

/** The checkpoint to go on from, if that is wanted and there is one. */
async function lastCheckpointOf({ checkpoint }: FitOptions): Promise<Checkpoint | undefined> {
  if (!checkpoint?.resume) return undefined;
  const content = await trainingPlatform().openStore(checkpoint.directory).read(lastCheckpoint);
  return content && decodeCheckpoint(content, `${checkpoint.directory}/${lastCheckpoint}`);
}

/** A step that the workers have been given. */
interface SentStep {
  readonly finished: Promise<StepOutcome>;
  /** Of the steps of other kinds that came with it. */
  readonly others: readonly Promise<StepOutcome>[];
  readonly step: number;
  /** Batches of the epoch that are done with it. */
  readonly at: number;
  readonly batches: readonly Batch[];
  readonly learningRate: number;
}

/** A training from its first step to its last. */
class Training {
  readonly #model: Layer;
  readonly #batches: Dataset<Batch>;
  readonly #validation: Dataset | undefined;
  readonly #options: FitOptions;
  readonly #stages: StagedSession;
  readonly #alternates: Alternates;
  readonly #sample: Batch;
  readonly #store: CheckpointStore | undefined;
  /** When the last checkpoint was begun, or the training. */
  #savedAt = performance.now();
  readonly #identity: Checkpoint['identity'];
  readonly #epochs: number;
  readonly #stepsPerEpoch: number;
  readonly #examples: number;

  #fingerprint = '';
  #epoch = 0;
  #batch = 0;
  #step = 0;
  #epochSeconds = 0;
  #records: EpochRecord[] = [];
  #totals: Totals = noTotals();
  #scale = 1;
  #stopped = false;
  readonly #plateau: ReduceOnPlateau | undefined;
  readonly #best: BestEpoch | undefined;
  readonly #control: TrainingControl;
  /** Epochs that were over when what is frozen was last looked at. */
  #stage = 0;
  #bestVariables: EngineVariables | undefined;
  #lastGood: { readonly variables: EngineVariables; readonly stage: number } | undefined;

  static async open(model: Layer, data: Dataset, options: FitOptions): Promise<Training> {
    requireCounts(options);
    const { seed = 0, batchSize = 32, shuffle = true, validation } = options;
    let train = data;
    let held: Dataset | undefined = typeof validation === 'number' ? undefined : validation;
    if (typeof validation === 'number') {
      if (!(validation > 0 && validation < 1))
        throw new RangeError(`fit: validation must lie between 0 and 1, but it is ${validation}.`);
      [train, held] = data.split([1 - validation, validation], { seed, shuffle: true }) as [Dataset, Dataset];
    }
    if (train.length === 0) throw new RangeError('fit: there are no examples to train on.');
    if (held?.length === 0)
      throw new RangeError(
        'fit: there are no examples to validate on. Hold out more, or leave validation out.',
      );
    const batched = train.batchSize !== undefined;
    const batches = batched ? train : (shuffle ? train.shuffle(seed) : train).batch(batchSize);
    const sample = (await batches.at(0)) as Batch;
    const variables =
      options.variables ?? initialVariables(model, rowTypes(sample, batchLength(sample)), seed);
    if (held) await requireMeasurable(held, { ...options, model, variables, metrics: options.metrics ?? [] });
    const earlier = await lastCheckpointOf(options);
    const workers = options.workers ?? (earlier && workersOf(earlier.identity, options.device ?? 'cpu')); // also on a machine with other cores
    const stages = await StagedSession.open(
      { ...options, model, variables, metrics: options.metrics ?? [], seed, workers },
      sample,
    );
    try {
      const training = new Training(model, options, {
        batches: batches as Dataset<Batch>,
        held,
        stages,
        sample,
        examples: batched ? batches.length * batchLength(sample) : train.length,
      });
      training.#fingerprint = await train.fingerprint();
      if (earlier) await training.#resume(earlier);
      return training;
    } catch (error) {
      await stages.close();
      throw error;
    }
  }

  private constructor(
    model: Layer,
    options: FitOptions,
    parts: {
      batches: Dataset<Batch>;
      held: Dataset | undefined;
      stages: StagedSession;
      sample: Batch;
      examples: number;
    },
  ) {
    this.#model = model;
    this.#options = options;
    this.#batches = options.fastDevRun
      ? parts.batches.take(Math.min(2, parts.batches.length))
      : parts.batches;
    this.#validation = parts.held;
    this.#stages = parts.stages;
    this.#alternates = new Alternates(options.alternates);
    this.#sample = parts.sample;
    this.#examples = parts.examples;
    this.#epochs = options.fastDevRun ? 1 : (options.epochs ?? 1);
    this.#stepsPerEpoch = Math.ceil(this.#batches.length / (options.accumulate ?? 1));
    this.#store = options.checkpoint && trainingPlatform().openStore(options.checkpoint.directory);
    const monitor = options.earlyStopping ?? options.keepBest;
    this.#best = monitor && new BestEpoch(monitor, options.earlyStopping !== undefined);
    this.#plateau = options.reduceOnPlateau && new ReduceOnPlateau(options.reduceOnPlateau.options);
    this.#control = this.#controlFor();
    this.#identity = {
      model: describeModel(model),
      batch: batchKey(rowTypes(parts.sample, batchLength(parts.sample))),
      batches: this.#batches.length,
      optimizer: options.optimizer.type,
      seed: options.seed ?? 0,
      accumulate: options.accumulate ?? 1,
      ...(options.alternates && { alternates: this.#alternates.description }),
      workers: parts.stages.session.workers,
      device: options.device ?? 'cpu',
      transfer: describeTransfer(options),
    };
  }

  get #session(): TrainingSession {
    return this.#stages.session;
  }

  close(): Promise<void> {
    return this.#stages.close();
  }

  async run(): Promise<TrainedModel> {
    const { callbacks = [], language, progress: wanted = true, batchSize } = this.#options;
    const started = performance.now();
    const show = wanted ? trainingPlatform().progress : undefined;
    const progress = show?.({
      epochs: this.#epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
      batchSize: (batchSize ?? batchLength(this.#sample)) * (this.#options.accumulate ?? 1),
      ...(language && { language }),
    });
    try {
      for (const callback of callbacks) await callback.onTrainBegin?.(this.#control);
      while (this.#epoch < this.#epochs && !this.#stopped) {
        await this.#stages.enter(this.#epoch);
        this.#stage = this.#epoch;
        await this.#runEpoch((step, metrics) => progress?.update({ epoch: this.#epoch + 1, step, metrics }));
        if (this.#options.signal?.aborted) {
          await this.#saveCheckpoint();
          break;
        }
        const record = await this.#endEpoch();
        progress?.endEpoch(record);
        for (const callback of callbacks) await callback.onEpochEnd?.(record, this.#control);
        await this.#saveCheckpoint();
      }
      for (const callback of callbacks) await callback.onTrainEnd?.(this.#control);
    } finally {
      progress?.close();
    }
    return this.#result((performance.now() - started) / 1000);
  }

  async #runEpoch(onStep: (step: number, metrics: Record<string, number>) => void): Promise<void> {
    const { accumulate = 1, signal } = this.#options;
    const started = performance.now();
    const before = this.#epochSeconds;
    const underway: SentStep[] = [];
    let shown = 0;
    const drain = async (left: number): Promise<void> => {
      while (underway.length > left) {
        const sent = underway.shift()!;
        const metrics = await this.#endStep(sent);
        if (performance.now() - shown < 100 && sent.at < this.#batches.length) continue;
        shown = performance.now();
        onStep(Math.ceil(sent.at / accumulate), metrics());
      }
    };
    let group: Batch[] = [];
    let position = this.#batch;
    try {
      for await (const batch of this.#batches.iterate({
        epoch: this.#epoch,
        from: this.#batch,
        prefetch: 2 * accumulate,
      })) {
        group.push(batch);
        position += 1;
        if (group.length < accumulate && position < this.#batches.length) continue;
        const step = ++this.#step;
        const learningRate = this.#learningRate(step);
        const batches = group;
        const at = position;
        group = [];
        const { finished } = await this.#session.step(batches, step, learningRate, this.#totals);
        const others = await this.#alternates.send(this.#session, batches, step, learningRate);
        for (const outcome of [finished, ...others]) outcome.catch(() => undefined); // told when its turn comes
        underway.push({ finished, others, step, at, batches, learningRate });
        await drain(stepsAhead - 1);
        this.#epochSeconds = before + (performance.now() - started) / 1000;
        if (this.#isCheckpointDue(step) && at < this.#batches.length) {
          await drain(0);
          await this.#saveCheckpoint();
        }
        if (signal?.aborted) break;
      }
      await drain(0);
    } finally {
      await Promise.allSettled(underway.flatMap(({ finished, others }) => [finished, ...others]));
    }
    this.#epochSeconds = before + (performance.now() - started) / 1000;
  }

  /** Waits for a step, takes note of it and tells the callbacks: in the order of the steps, always one step behind. */
  async #endStep({
    finished,
    others,
    step,
    at,
    batches,
    learningRate,
  }: SentStep): Promise<() => Record<string, number>> {
    const { loss, gradientNorm } = await finished;
    const losses = [loss, ...(await Promise.all(others)).map((outcome) => outcome.loss)];
    const { accumulate = 1, callbacks = [] } = this.#options;
    this.#batch = at;
    const epoch = this.#epoch + 1;
    const wrong = losses.find((value) => !Number.isFinite(value));
    if (wrong !== undefined)
      throw new NonFiniteLossError(`The loss became ${wrong}`, step, epoch, batches, this.#lastGoodModel());
    const metrics = (): Record<string, number> => this.#summary();
    const info = {
      step,
      epoch,
      stepInEpoch: Math.ceil(at / accumulate),
      loss,
      learningRate,
      gradientNorm,
      metrics,
    };
    for (const callback of callbacks) await callback.onStepEnd?.(info, this.#control);
    return metrics;
  }

  /** What the training has reached. @throws NonFiniteLossError when it is worth nothing, so that it is not kept */
  async #readGood(): Promise<EngineVariables> {
    const variables = await this.#session.read();
    if (variables.parameters.every(Number.isFinite)) return variables;
    throw new NonFiniteLossError(
      'The parameters became infinite',
      this.#step,
      this.#epoch + 1,
      [],
      this.#lastGoodModel(),
    );
  }

  async #endEpoch(): Promise<EpochRecord> {
    const { metrics = [], fastDevRun, average, measure } = this.#options;
    const started = performance.now();
    const train = this.#summary();
    let held = this.#validation;
    if (held && fastDevRun) held = held.take(Math.min(held.length, 2 * batchLength(this.#sample)));
    const measured =
      held && (await evaluateWith(this.#session, held, metrics, { averaged: average !== undefined }));
    const reached = await this.#readGood();
    const beside = await measure?.(
      this.#session.variablesOf(reached, average !== undefined),
      this.#epoch + 1,
    );
    const validation = (measured || beside) && { ...measured, ...beside };
    const record: EpochRecord = {
      epoch: this.#epoch + 1,
      step: this.#step,
      seconds: this.#epochSeconds + (performance.now() - started) / 1000,
      learningRate: this.#learningRate(this.#step),
      train,
      ...(validation && { validation }),
    };
    this.#records.push(record);
    this.#epoch += 1;
    this.#batch = 0;
    this.#epochSeconds = 0;
    this.#totals = noTotals();
    this.#alternates.reset();
    this.#lastGood = { variables: reached, stage: this.#stage };
    this.#plateau?.update(validation?.loss ?? train.loss!);
    if (this.#best?.improves(record)) {
      this.#bestVariables = reached;
      await this.#store?.write(bestCheckpoint, this.#encode(reached));
    }
    if (this.#best?.exhausted) this.#stopped = true;
    return record;
  }

  /** The losses and metrics of the current epoch so far. */
  #summary(): Record<string, number> {
    return { ...summarizeTotals(this.#totals, this.#options.metrics ?? []), ...this.#alternates.summary() };
  }

  #learningRate(step: number): number {
    return this.#scale * (this.#plateau?.state.scale ?? 1) * learningRateOf(this.#options.optimizer, step);
  }

  #controlFor(): TrainingControl {
    const training = this;
    return {
      stop: () => {
        training.#stopped = true;
      },
      scaleLearningRate: (factor: number) => {
        training.#scale *= factor;
      },
      variables: async () => training.#session.variablesOf(await training.#session.read()),
      get parameters(): number {
        return training.#session.parameterCount;
      },
      get history(): History {
        return { epochs: training.#records };
      },
    };
  }

  #encode(variables: EngineVariables): Uint8Array {
    return encodeCheckpoint({
      variables,
      statistics: this.#totals.statistics,
      identity: this.#identity,
      progress: {
        epoch: this.#epoch,
        stage: this.#stage,
        batch: this.#batch,
        step: this.#step,
        epochSeconds: this.#epochSeconds,
        history: { epochs: this.#records },
        learningRateScale: this.#scale,
        loss: this.#totals.loss,
        weight: this.#totals.weight,
        alternates: this.#alternates.state,
        best: this.#best?.state,
        plateau: this.#plateau?.state,
      },
    });
  }

  #isCheckpointDue(step: number): boolean {
    const { everySteps, everySeconds } = this.#options.checkpoint ?? {};
    if (everySteps !== undefined && step % everySteps === 0) return true;
    return everySeconds !== undefined && performance.now() - this.#savedAt >= 1000 * everySeconds;
  }

  async #saveCheckpoint(): Promise<void> {
    this.#savedAt = performance.now();
    if (this.#store) await this.#store.write(lastCheckpoint, this.#encode(await this.#readGood()));
  }

  /** Goes on from a checkpoint of the folder. */
  async #resume({ variables, statistics, progress, identity }: Checkpoint): Promise<void> {
    const directory = this.#options.checkpoint?.directory ?? '';
    requireSameTraining(identity, this.#identity, `${directory}/${lastCheckpoint}`);
    await this.#stages.restore(variables, progress.stage);
    this.#stage = progress.stage;
    this.#epoch = progress.epoch;
    this.#batch = progress.batch;
    this.#step = progress.step;
    this.#epochSeconds = progress.epochSeconds;
    this.#records = [...progress.history.epochs];
    this.#scale = progress.learningRateScale;
    this.#totals = { loss: progress.loss, weight: progress.weight, statistics: new Map(statistics) };
    if (progress.alternates) this.#alternates.state = progress.alternates;
    if (this.#best && progress.best) this.#best.state = progress.best;
    if (this.#plateau && progress.plateau) this.#plateau.state = progress.plateau;
    if (this.#best?.exhausted) this.#stopped = true;
    const best = this.#best?.state && (await this.#store?.read(bestCheckpoint));
    if (best) this.#bestVariables = decodeCheckpoint(best, `${directory}/${bestCheckpoint}`).variables;
  }

  #lastGoodModel(): TrainedModel | undefined {
    return this.#lastGood && this.#trainedModel(this.#lastGood.variables, 0, this.#lastGood.stage);
  }

  async #result(seconds: number): Promise<TrainedModel> {
    const keepsBest =
      this.#options.keepBest !== undefined || this.#options.earlyStopping?.restoreBest !== false;
    const best = keepsBest ? this.#bestVariables : undefined;
    if (!best) return this.#trainedModel(await this.#session.read(), seconds, this.#stage);
    const epoch = this.#best?.state?.epoch ?? 1;
    return this.#trainedModel(best, seconds, epoch - 1, epoch);
  }

  #trainedModel(flat: EngineVariables, seconds: number, stage: number, bestEpoch?: number): TrainedModel {
    const { optimizer, loss, metrics = [], seed = 0, batchSize, device = 'cpu' } = this.#options;
    return new TrainedModel({
      model: this.#model,
      variables: this.#stages.variablesAt(flat, stage),
      history: { epochs: [...this.#records] },
      loss,
      metrics,
      batchTypes: rowTypes(this.#sample, batchLength(this.#sample)),
      classNames: this.#batches.classNames,
      training: {
        seed,
        epochs: this.#epoch,
        ...(bestEpoch !== undefined && { bestEpoch }),
        batchSize: batchSize ?? batchLength(this.#sample),
        steps: this.#step,
        seconds,
        optimizer: optimizer.type,
        learningRate: learningRateOf(optimizer, 1),
        loss: loss.name,
        examples: this.#examples,
        fingerprint: this.#fingerprint,
        workers: this.#session.workers,
        device,
      },
    });
  }
}
