import type { Logger, Metrics } from '../watching/index.js';
import type { DriftReport } from './drift.js';

/** The most milliseconds that a webhook may take. */
const mostMilliseconds = 5000;

/**
 * Tells of findings: always in the metrics; in the log and to the webhook when a model begins to drift, and when it does no more.
 * @param onError told when a webhook does not answer
 */
export function driftAlarm(
  metrics: Metrics,
  log: Logger | undefined,
  onError: (error: Error) => void,
): (report: DriftReport) => void {
  return ({ webhook, drifted, ...report }) => {
    const { project, model, version, indices, drifts, threshold } = report;
    metrics.drift(project, model, version, indices);
    if (drifts === drifted) return;
    const over = Object.entries(indices).filter(([, index]) => index > threshold);
    const names = over.map(([feature, index]) => `${feature} ${index.toFixed(2)}`).join(', ');
    if (drifts) log?.warn({ project, model, version, features: names }, 'drift');
    else log?.info({ project, model, version }, 'drift is over');
    if (webhook !== null) void post(webhook, report).catch(onError);
  };
}

async function post(url: string, report: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(report),
    redirect: 'error',
    signal: AbortSignal.timeout(mostMilliseconds),
  }).catch((cause: unknown) => {
    throw new Error(`The webhook ${new URL(url).origin} for drift does not answer.`, { cause });
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`The webhook ${new URL(url).origin} for drift answered ${response.status}.`);
}
