// Lines of logs for people.
import type { Line, PlatformClient } from '../client/client.js';
import { apiPath, momentText } from './connection.js';

/** Lines that are asked for at once. */
const linesAtOnce = 10_000;

export const lineText = ({ at, text }: Line): string => `${momentText(at)}  ${text}`;

/** All lines of a run's log, from a number on. */
export async function linesOfRun(client: PlatformClient, run: string, from = 1): Promise<readonly Line[]> {
  const all: Line[] = [];
  for (;;) {
    const { lines } = await client.get<{ lines: Line[] }>(apiPath('runs', run, 'lines'), {
      from: from + all.length,
      limit: linesAtOnce,
    });
    all.push(...lines);
    if (lines.length < linesAtOnce) return all;
  }
}
