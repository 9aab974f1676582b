// What a worker and the process that does a job tell each other.
import type { TrainEvent } from 'modelwright/tasks';
import type { Usage } from '../client/recorder.js';
import type { JobKind, JobResult } from '../store/jobSchema.js';
import type { JsonObject } from '../store/schema.js';

/** What a process is to do. */
export interface Assignment {
  readonly kind: JobKind;
  readonly task: string;
  readonly parameters: JsonObject;
  /** A path, or the name of a data set. */
  readonly data?: string | undefined;
  /** The folder that paths of parameters must be in; undefined where there may be none. */
  readonly dataRoot?: string | undefined;
  /** Where the model is saved; or where it lies, for what asks it. */
  readonly model: string;
  /** Folder for what comes of it, to be kept with the run. */
  readonly out: string;
  /** Folder of checkpoints: what is there, from an earlier attempt; and what is written. */
  readonly checkpoints: string;
  /** How predictions are written. */
  readonly format?: 'jsonl' | 'csv' | undefined;
}

/** What the process tells. */
export type Told =
  | { readonly kind: 'event'; readonly event: TrainEvent }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** Of what is no training. */
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'finished'; readonly result: JobResult }
  /** It was told to stop, and has. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: string; readonly retry: boolean };

/** The last word of a process. */
export type Ended = Extract<Told, { readonly kind: 'finished' | 'stopped' | 'failed' }>;
