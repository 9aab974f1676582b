import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { captionsIn, type Language, metricLabel } from '../captions.js';
import type { EpochRecord } from '../history.js';
import { clockTime, groupedNumber, shortNumber } from '../numbers.js';
import { canColor, canRedraw, type Environment, type TerminalStream } from './stream.js';
import { truncate } from './table.js';

export interface ProgressOptions {
  /** Epochs of the whole training. */
  readonly epochs: number;
  /** Optimiser steps in an epoch; when left out there is no bar and no ETA. */
  readonly stepsPerEpoch?: number;
  /** Examples in a step; when given the rate is in examples a second, else in steps. */
  readonly batchSize?: number;
  readonly language?: Language;
  /** Default `process.stderr`. */
  readonly stream?: TerminalStream;
  /** Default `process.env`. */
  readonly environment?: Environment;
  /** The time in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** How far an epoch is. */
export interface ProgressUpdate {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Steps taken in this epoch. */
  readonly step: number;
  /** Running loss and metrics. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface Progress {
  /** Shows how far the epoch is; calls that come too fast are not drawn. */
  update(update: ProgressUpdate): void;
  /** Writes the epoch's line, which stays. */
  endEpoch(record: EpochRecord): void;
  /** Writes a line of text above the bar. */
  log(text: string): void;
  /** Takes the bar away; call it when the training ends or fails. */
  close(): void;
}

/** Least time between two redraws in a terminal, and between two lines elsewhere, in milliseconds. */
const redrawInterval = 100;
const lineInterval = 10_000;

const eraseLine = '\r\x1b[K';

/**
 * The progress of a training. In a terminal: one line, redrawn at most ten times a second, with bar, speed, time left
 * (of the whole training) and running metrics. Elsewhere (a pipe, a log file): a plain line at most every ten seconds.
 * Both write a line for each epoch that ended. Colours respect NO_COLOR.
 */
export function progressBar(options: ProgressOptions): Progress {
  const { stream = process.stderr, environment = process.env, now = () => performance.now() } = options;
  const redraws = canRedraw(stream, environment);
  const colors = picocolors.createColors(canColor(stream, environment));
  const captions = captionsIn(options.language ?? 'en');
  const speed = speedometer(options);
  let lastDrawn = redraws ? Number.NEGATIVE_INFINITY : now();
  let line = '';

  const metricsText = (metrics: Readonly<Record<string, number>>, prefix = ''): string[] =>
    Object.entries(metrics).map(
      ([name, value]) => `${prefix}${metricLabel(name, options.language ?? 'en')} ${shortNumber(value)}`,
    );

  return {
    update(update) {
      const time = now();
      speed.update(update, time);
      if (time - lastDrawn < (redraws ? redrawInterval : lineInterval)) return;
      lastDrawn = time;
      const { stepsPerEpoch } = options;
      const head = `${captions.epoch} ${update.epoch}/${options.epochs}`;
      const rest = [
        stepsPerEpoch === undefined ? `${captions.step} ${update.step}` : `${update.step}/${stepsPerEpoch}`,
        ...speedText(speed.rate(), options.batchSize, captions),
        ...etaText(speed.secondsLeft(), captions.eta),
        ...metricsText(update.metrics ?? {}),
      ].join('  ');
      if (!redraws) {
        stream.write(`${head}  ${rest}\n`);
        return;
      }
      const columns = (stream.columns ?? 80) - 1;
      const room = Math.min(30, columns - stringWidth(head) - stringWidth(rest) - 4);
      line =
        stepsPerEpoch === undefined || room < 5
          ? truncate(`${head}  ${rest}`, columns)
          : `${head}  ${bar(update.step / stepsPerEpoch, room, colors)}  ${rest}`;
      stream.write(eraseLine + line);
    },

    endEpoch(record) {
      speed.endEpoch(record);
      const parts = [
        colors.bold(`${captions.epoch} ${record.epoch}/${options.epochs}`),
        clockTime(record.seconds),
        ...metricsText(record.train),
        ...metricsText(record.validation ?? {}, `${captions.validation} `),
      ];
      stream.write(`${line && eraseLine}${parts.join('  ')}\n`);
      line = '';
    },

    log(text) {
      stream.write(`${line && eraseLine}${text}\n${line}`);
    },

    close() {
      if (line) stream.write(eraseLine);
      line = '';
    },
  };
}

function bar(share: number, width: number, colors: ReturnType<typeof picocolors.createColors>): string {
  const filled = Math.round(Math.min(1, share) * width);
  return colors.cyan('━'.repeat(filled)) + colors.dim('─'.repeat(width - filled));
}

function speedText(
  stepsPerSecond: number | undefined,
  batchSize: number | undefined,
  captions: ReturnType<typeof captionsIn>,
): string[] {
  if (stepsPerSecond === undefined) return [];
  const rate = stepsPerSecond * (batchSize ?? 1);
  const unit = batchSize === undefined ? captions.stepsPerSecond : captions.examplesPerSecond;
  return [`${rate < 10 ? rate.toFixed(1) : groupedNumber(rate)} ${unit}`];
}

function etaText(secondsLeft: number | undefined, caption: string): string[] {
  return secondsLeft === undefined ? [] : [`${caption} ${clockTime(secondsLeft)}`];
}

/** Steps a second in this epoch, and the seconds left of the training. */
function speedometer({ epochs, stepsPerEpoch }: ProgressOptions) {
  let first: { epoch: number; step: number; time: number } | undefined;
  let latest: { epoch: number; step: number; time: number } | undefined;
  let epochSeconds: number | undefined;
  /** Counted from the epoch's first update, so that compiling and resuming do not count. */
  const rate = (): number | undefined =>
    first && latest && latest.time > first.time
      ? (1000 * (latest.step - first.step)) / (latest.time - first.time)
      : undefined;
  return {
    rate,
    update({ epoch, step }: ProgressUpdate, time: number): void {
      latest = { epoch, step, time };
      if (first?.epoch !== epoch) first = latest;
    },
    endEpoch(record: EpochRecord): void {
      epochSeconds = record.seconds;
    },
    /** Later epochs count as long as the last whole one (its validation included), or as their steps when there is none. */
    secondsLeft(): number | undefined {
      const stepsPerSecond = rate();
      if (!stepsPerSecond || !latest || stepsPerEpoch === undefined) return undefined;
      const thisEpoch = (stepsPerEpoch - latest.step) / stepsPerSecond;
      return thisEpoch + (epochs - latest.epoch) * (epochSeconds ?? stepsPerEpoch / stepsPerSecond);
    },
  };
}
