import { exitStatus } from './errors.js';

/**
 * Calls `stop` at the first SIGINT or SIGTERM, that the work may end in order; a second one ends the process.
 * @returns a function that ends the watch
 */
export function onInterrupt(stop: () => void): () => void {
  let isStopping = false;
  const handle = (): void => {
    if (isStopping) process.exit(exitStatus.interrupted);
    isStopping = true;
    stop();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
