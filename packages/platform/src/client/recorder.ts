import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { Callback } from 'modelwright';
import type { TrainEvent } from 'modelwright/tasks';
import type { NewRun, Point } from '../runs/record.js';
import type { JsonObject } from '../store/schema.js';
import { version } from '../version.js';
import type { Line, RunSink } from './sink.js';

/** A run as it is begun by a recorder; the environment is found out. */
export interface RecordedRun extends Omit<NewRun, 'project' | 'environment'> {
  /** More to know of where it runs: a commit, a queue. */
  readonly environment?: JsonObject;
  /** What the training has used of the processor and the memory so far. Default: what this process has. */
  readonly usage?: () => Usage;
  /** Told once when the run can no longer be kept; the training goes on. Default: a warning on standard error. */
  readonly onFault?: (error: Error) => void;
}

/** What a process uses. */
export interface Usage {
  /** Seconds of processor in all. */
  readonly processorSeconds: number;
  /** Bytes of memory now. */
  readonly memory: number;
}

/** What this process uses. */
export function usageOfThis(): Usage {
  const { user, system } = process.cpuUsage();
  return { processorSeconds: (user + system) / 1e6, memory: process.memoryUsage.rss() };
}

/** Milliseconds between two reports, and between two looks at processor and memory. */
const reportEvery = 2000;
const lookEvery = 5000;
/** Points kept back while the sink does not answer; beyond that the oldest go. */
const mostWaiting = 100_000;
const pointsAtOnce = 5000;

/**
 * Tells a run's course while a training goes on: metrics of steps and epochs, processor and memory, lines.
 *
 *     const recorder = await RunRecorder.begin(remoteRuns({ server, key }), { name: 'digits' });
 *     await fit(model, data, { ..., callbacks: [recorder.callback] });
 *     await recorder.end('finished');
 *
 * A sink that does not answer for a while costs nothing: what was told is kept and sent later. One that never answers again costs
 * the record, not the training.
 */
export class RunRecorder {
  readonly id: string;
  /** For `fit`'s callbacks. */
  readonly callback: Callback;
  readonly #sink: RunSink;
  readonly #onFault: (error: Error) => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #points: Point[] = [];
  #lines: Line[] = [];
  /** Lines that the log has. */
  #linesThere: number;
  #step = 0;
  #stepAt = performance.now();
  /** Steps that were taken before an epoch, where that is known. */
  readonly #stepsBefore = new Map<number, number>();
  #stepsPerEpoch = 0;
  readonly #usage: () => Usage;
  #looked: { readonly at: number; readonly processorSeconds: number };
  #sending: Promise<void> = Promise.resolve();
  #faultTold = false;

  /** Begins a run. @throws ClientError or the like when it cannot be begun */
  static async begin(
    sink: RunSink,
    {
      onFault = (error) => console.error(`The run is not recorded: ${error.message}`),
      environment,
      usage = usageOfThis,
      ...run
    }: RecordedRun,
  ): Promise<RunRecorder> {
    const begun = await sink.begin({ ...run, environment: { ...thisEnvironment(), ...environment } });
    return new RunRecorder(begun, sink, { onFault, usage });
  }

  private constructor(
    { id, lines }: Awaited<ReturnType<RunSink['begin']>>,
    sink: RunSink,
    { onFault, usage }: Required<Pick<RecordedRun, 'onFault' | 'usage'>>,
  ) {
    this.id = id;
    this.#linesThere = lines;
    this.#sink = sink;
    this.#onFault = onFault;
    this.#usage = usage;
    this.#looked = { at: performance.now(), processorSeconds: usage().processorSeconds };
    const every = (milliseconds: number, work: () => void): NodeJS.Timeout => {
      const timer = setInterval(work, milliseconds);
      timer.unref();
      return timer;
    };
    this.#timers = [every(reportEvery, () => this.flush()), every(lookEvery, () => this.#look())];
    this.callback = {
      onStepEnd: ({ step, loss, learningRate, gradientNorm }) => {
        this.#noteStep(step);
        this.metrics(step, { loss, learningRate, ...(Number.isFinite(gradientNorm) && { gradientNorm }) });
      },
      onEpochEnd: ({ step, train, validation }) => {
        this.metrics(step, { ...prefixed('train', train), ...prefixed('validation', validation) });
      },
    };
  }

  /** For the `onEvent` of a task's training. */
  readonly onEvent = (event: TrainEvent): void => {
    if (event.kind === 'start') this.#stepsPerEpoch = event.stepsPerEpoch;
    else if (event.kind === 'step') {
      // A training that was resumed begins in a later epoch, or in the middle of one.
      const before = this.#stepsBefore.get(event.epoch) ?? (event.epoch - 1) * this.#stepsPerEpoch;
      this.#noteStep(before + event.step);
      this.metrics(before + event.step, event.metrics);
    } else if (event.kind === 'epoch') {
      const { epoch, step, train, validation, seconds } = event.record;
      this.#stepsBefore.set(epoch + 1, step);
      this.metrics(Math.max(this.#step, step), {
        ...prefixed('train', train),
        ...prefixed('validation', validation),
        'system/epochSeconds': seconds,
      });
    } else if (event.kind === 'note') this.log(event.text);
  };

  /** Tells metrics of a step. */
  metrics(step: number, values: Readonly<Record<string, number>>): void {
    const at = new Date();
    for (const [metric, value] of Object.entries(values)) this.#points.push({ metric, step, value, at });
    if (this.#points.length > mostWaiting) this.#points.splice(0, this.#points.length - mostWaiting);
  }

  /** Tells what was measured at the end. */
  result(values: Readonly<Record<string, number>>): void {
    this.metrics(this.#step, prefixed('result', values));
  }

  /** Adds a line to the log. */
  log(text: string): void {
    this.#lines.push({ text, at: new Date() });
  }

  /** Keeps a file with the run. */
  async file(path: string, content: Uint8Array): Promise<void> {
    await this.#sink.file(this.id, path, content).catch((error: Error) => this.#fault(error));
  }

  /** Sends what is left, and ends the run. */
  async end(status: 'finished' | 'failed' | 'interrupted', error?: string): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#look();
    await this.flush();
    await this.#sink.end(this.id, status, error).catch((fault: Error) => this.#fault(fault));
  }

  #noteStep(step: number): void {
    const now = performance.now();
    if (this.#step > 0 && step > this.#step) {
      this.metrics(step, { 'system/stepSeconds': (now - this.#stepAt) / 1000 / (step - this.#step) });
    }
    this.#step = step;
    this.#stepAt = now;
  }

  #look(): void {
    const at = performance.now();
    const { processorSeconds, memory } = this.#usage();
    const seconds = Math.max(1, at - this.#looked.at) / 1000;
    this.metrics(this.#step, {
      'system/cpu': (processorSeconds - this.#looked.processorSeconds) / seconds / availableParallelism(),
      'system/memoryMegabytes': memory / 1e6,
    });
    this.#looked = { at, processorSeconds };
  }

  /** Sends what was told so far. */
  flush(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#points.length > 0 || this.#lines.length > 0) {
      const points = this.#points.slice(0, pointsAtOnce);
      const lines = this.#lines.slice(0, 1000);
      try {
        await this.#sink.points(this.id, points);
        this.#points = this.#points.slice(points.length);
        await this.#sink.lines(this.id, lines, this.#linesThere + 1);
        this.#linesThere += lines.length;
        this.#lines = this.#lines.slice(lines.length);
      } catch (error) {
        this.#fault(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  }

  #fault(error: Error): void {
    if (this.#faultTold) return;
    this.#faultTold = true;
    this.#onFault(error);
  }
}

function prefixed(part: string, values: Readonly<Record<string, number>> = {}): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${part}/${name}`, value]));
}

function thisEnvironment(): JsonObject {
  return {
    modelwright: version,
    node: process.versions.node,
    system: `${platform()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMegabytes: Math.round(totalmem() / 1e6),
  };
}
