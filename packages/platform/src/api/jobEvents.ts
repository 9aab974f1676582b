import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { findJob } from '../jobs/index.js';
import { linesOf } from '../runs/query.js';
import type { ApiContext } from './context.js';
import { jobJson } from './jobs.js';

/** Milliseconds between two looks at a job, and between two signs of life. */
const lookEvery = 500;
const breathEvery = 15_000;
const linesAtOnce = 1000;

/** How a job goes on, as server-sent events, until it is over or the platform stops. */
export function jobEvents(
  context: ApiContext,
  project: string,
  id: string,
  firstLine = 1,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const encoded = async function* (): AsyncGenerator<Uint8Array> {
    for await (const text of eventTexts(context, project, id, firstLine)) yield encoder.encode(text);
  };
  return Readable.toWeb(Readable.from(encoded(), { objectMode: false })) as ReadableStream<Uint8Array>;
}

async function* eventTexts(
  { store: { db }, jobs: { isOpen } }: ApiContext,
  project: string,
  id: string,
  firstLine: number,
): AsyncGenerator<string> {
  const event = (name: string, value: object): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
  let seen = 0;
  let from = firstLine;
  let breath = Date.now();
  while (isOpen()) {
    const job = await findJob(db, project, id);
    const lines = job.run === null ? [] : await linesOf(db, job.run, { from, limit: linesAtOnce });
    if (lines.length > 0) {
      from = lines.at(-1)!.line + 1;
      yield event('lines', { lines: lines.map((line) => ({ ...line, at: line.at.toISOString() })) });
    }
    if (job.updatedAt.getTime() !== seen) {
      seen = job.updatedAt.getTime();
      yield event('job', jobJson(job));
    } else if (Date.now() - breath > breathEvery) yield ': it goes on\n\n';
    else {
      if (lines.length < linesAtOnce) await wait(lookEvery);
      continue;
    }
    breath = Date.now();
    const isOver = job.status !== 'queued' && job.status !== 'running';
    if (isOver && lines.length < linesAtOnce) return;
  }
}
