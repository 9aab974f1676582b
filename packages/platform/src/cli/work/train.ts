import type { JobResult } from '../../store/jobSchema.js';
import { finite, type Work, type WorkHooks } from './work.js';

/** Trains as the command line does, from the last checkpoint where there is one. */
export async function trainJob(
  { record, options, data, model }: Work,
  { signal, onEvent }: WorkHooks,
): Promise<JobResult | undefined> {
  const { metrics, seconds } = await record.train(
    { ...options, data, out: model, resume: true },
    { onEvent, signal },
  );
  return signal.aborted ? undefined : { metrics: finite(metrics), seconds };
}
