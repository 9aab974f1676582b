/** What a training recorded at the end of one epoch. */
export interface EpochRecord {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Optimiser steps taken since the training began. */
  readonly step: number;
  /** Wall-clock seconds that this epoch took, its validation included. */
  readonly seconds: number;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Loss and metrics on the training data, by name. */
  readonly train: Readonly<Record<string, number>>;
  /** Loss and metrics on the validation data, by name. */
  readonly validation?: Readonly<Record<string, number>>;
}

/** The course of a training: one record an epoch, in order. */
export interface History {
  readonly epochs: readonly EpochRecord[];
}

/** Which data a metric was measured on. */
export type Split = 'train' | 'validation';

/** The names of all metrics in the history, `loss` first, the others in order of appearance. */
export function metricNames(history: History): string[] {
  const names = new Set(
    history.epochs.flatMap(({ train, validation = {} }) => [
      ...Object.keys(train),
      ...Object.keys(validation),
    ]),
  );
  return names.delete('loss') ? ['loss', ...names] : [...names];
}

/** One metric over the epochs; NaN where an epoch did not measure it. */
export function metricSeries(history: History, metric: string, split: Split = 'train'): number[] {
  return history.epochs.map((epoch) => epoch[split]?.[metric] ?? Number.NaN);
}

/** Whether smaller values of a metric are better, judged by its name: losses, errors, perplexities and the like. */
export function isLowerBetter(metric: string): boolean {
  return /loss|error|perplexity|distance|divergence|entropy|falsePositive|falseNegative|^(mse|mae|rmse|mape|wer|cer)$/i.test(
    metric,
  );
}

/**
 * The epoch with the best value of a metric; the earliest among equals. Values that are not finite never win.
 *
 * @param metric name of the metric
 * @param options.split the data to judge by; default `validation` where it was measured, else `train`
 * @param options.mode which values are better; default by `isLowerBetter(metric)`
 * @returns the record, or undefined when no epoch has a finite value of the metric
 */
export function bestEpoch(
  history: History,
  metric: string,
  options: { split?: Split; mode?: 'min' | 'max' } = {},
): EpochRecord | undefined {
  const { mode = isLowerBetter(metric) ? 'min' : 'max' } = options;
  const measured = history.epochs.some((epoch) => epoch.validation?.[metric] !== undefined);
  const split = options.split ?? (measured ? 'validation' : 'train');
  let best: EpochRecord | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const epoch of history.epochs) {
    const value = epoch[split]?.[metric] ?? Number.NaN;
    const score = mode === 'min' ? -value : value;
    if (Number.isFinite(score) && score > bestScore) {
      best = epoch;
      bestScore = score;
    }
  }
  return best;
}

/** A history as plain JSON text. JSON has no NaN or infinity: a value that is not finite becomes null. */
export function historyToJson(history: History): string {
  return JSON.stringify(history, null, 2);
}

/**
 * The history that `historyToJson` wrote. A metric that is null is read as NaN.
 *
 * @throws TypeError when the text is not a history; the message names the field
 */
export function historyFromJson(text: string): History {
  const root = record(JSON.parse(text), 'history');
  if (!Array.isArray(root.epochs)) throw invalid('epochs', 'an array', root.epochs);
  return { epochs: root.epochs.map((value: unknown, index) => epochRecord(value, `epochs[${index}]`)) };
}

function epochRecord(value: unknown, path: string): EpochRecord {
  const fields = record(value, path);
  return {
    epoch: count(fields.epoch, `${path}.epoch`),
    step: count(fields.step, `${path}.step`),
    seconds: finite(fields.seconds, `${path}.seconds`),
    learningRate: finite(fields.learningRate, `${path}.learningRate`),
    train: metrics(fields.train, `${path}.train`),
    ...(fields.validation !== undefined && { validation: metrics(fields.validation, `${path}.validation`) }),
  };
}

function metrics(value: unknown, path: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record(value, path)).map(([name, item]) => [
      name,
      item === null ? Number.NaN : finite(item, `${path}.${name}`),
    ]),
  );
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(path, 'an object', value);
  return { ...value };
}

function finite(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(path, 'a number', value);
  return value;
}

function count(value: unknown, path: string): number {
  if (!Number.isInteger(value) || finite(value, path) < 0)
    throw invalid(path, 'a whole number, zero or more', value);
  return Number(value);
}

function invalid(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `historyFromJson: '${path}' should be ${expected}, but it is ${JSON.stringify(value) ?? 'missing'}. ` +
      'Give the text that historyToJson wrote.',
  );
}
