import type { TrainEvent } from 'modelwright/tasks';
import type { Assignment } from '../../worker/protocol.js';
import type { CliTask } from '../tasks/index.js';

/** How a job is watched and stopped. */
export interface WorkHooks {
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
  /** Share of what is no training that is done, 0 to 1. */
  readonly onShare: (share: number) => void;
}

/** An assignment, its task's record, and its parameters as options of the task. */
export interface Work extends Assignment {
  readonly record: CliTask;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The metrics that are numbers. */
export function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
