import { setTimeout as wait } from 'node:timers/promises';
import { ClientError, type Job, type Line, type PlatformClient } from './client.js';

/** Milliseconds before a watch that broke off is taken up again. */
const pause = 1000;

/** What happens to a job. */
export type JobEvent =
  | { readonly event: 'job'; readonly job: Job }
  | { readonly event: 'lines'; readonly lines: readonly Line[] };

export const isOver = ({ status }: Pick<Job, 'status'>): boolean =>
  status !== 'queued' && status !== 'running';

/**
 * Watches a job until it is over. When the platform is away for a while, the watch goes on where it broke off.
 * @param from the first line of the log that is told
 * @throws ClientError when there is no such job, or the key may not see it
 */
export async function* watchJob(client: PlatformClient, id: string, from = 1): AsyncGenerator<JobEvent> {
  let next = from;
  let watched = false;
  for (;;) {
    try {
      for await (const { event, data } of client.events(`/api/jobs/${id}/events?from=${next}`)) {
        watched = true;
        if (event === 'lines') {
          const { lines } = data as { lines: Line[] };
          next = lines.at(-1)!.line + 1;
          yield { event, lines };
        } else if (event === 'job') {
          const job = data as Job;
          yield { event, job };
          if (isOver(job)) return;
        }
      }
    } catch (error) {
      const isAway = error instanceof ClientError && (error.status === undefined || error.status >= 500);
      if (!watched || !isAway) throw error;
    }
    await wait(pause);
  }
}
