import { toAnyNumber } from '../api/schemas.js';
import {
  addArtefact,
  addLines,
  addPoints,
  createRun,
  endRun,
  type NewRun,
  type Point,
} from '../runs/record.js';
import type { Store } from '../store/index.js';
import type { ClientOptions } from './client.js';
import { PlatformClient } from './client.js';

/** A line of a run's log. */
export interface Line {
  readonly text: string;
  readonly at: Date;
}

/** What a run says, wherever it is kept. */
export interface RunSink {
  /** @returns its id, and how many lines its log has already */
  begin(run: Omit<NewRun, 'project'>): Promise<{ readonly id: string; readonly lines: number }>;
  points(run: string, points: readonly Point[]): Promise<void>;
  /** @param first number of the first line, from 1: what is told again is kept once */
  lines(run: string, lines: readonly Line[], first: number): Promise<void>;
  file(run: string, path: string, content: Uint8Array): Promise<void>;
  end(run: string, status: 'finished' | 'failed' | 'interrupted', error?: string): Promise<void>;
}

/** Runs kept in a store that this process has open. */
export function localRuns(store: Store, project: string): RunSink {
  const { db, objects } = store;
  return {
    begin: async (run) => ({ id: await createRun(db, { ...run, project }), lines: 0 }),
    points: (run, points) => addPoints(db, run, points),
    lines: (run, lines, first) => addLines(db, run, lines, first),
    file: async (run, path, content) => addArtefact(db, run, path, await objects.put(content)),
    end: (run, status, error) => endRun(db, run, status, error),
  };
}

/** Points as they go over the wire. */
export const wirePoints = (points: readonly Point[]) => ({
  points: points.map(({ value, at, ...point }) => ({
    ...point,
    value: toAnyNumber(value),
    at: at.toISOString(),
  })),
});

/** Lines as they go over the wire. */
export const wireLines = (lines: readonly Line[], first: number) => ({
  first,
  lines: lines.map(({ text, at }) => ({ text, at: at.toISOString() })),
});

/** Runs kept by a platform elsewhere. */
export function remoteRuns(options: ClientOptions = {}): RunSink {
  const client = new PlatformClient(options);
  return {
    begin: async (run) => ({ ...(await client.post<{ id: string }>('/api/runs', run)), lines: 0 }),
    points: (run, points) => client.post(`/api/runs/${run}/points`, wirePoints(points)),
    lines: (run, lines, first) => client.post(`/api/runs/${run}/lines`, wireLines(lines, first)),
    file: (run, path, content) => client.putFile(run, path, content),
    end: (run, status, error) =>
      client.post(`/api/runs/${run}/end`, { status, ...(error !== undefined && { error }) }),
  };
}
