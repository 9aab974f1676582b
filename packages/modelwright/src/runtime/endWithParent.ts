import { Worker } from 'node:worker_threads';

/** Ends this process when the one that started it does, also in the middle of a run that blocks it. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit());
  new Worker(new URL('./parentWatch.js', import.meta.url), { execArgv: [] }).unref();
}
