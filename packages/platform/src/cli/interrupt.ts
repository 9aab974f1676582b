import { exitStatus } from './errors.js';
import { writeNote } from './output.js';

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

/** Ends when a server is to stop, and says so. Call it before anybody is told that the server listens. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    onInterrupt(() => {
      writeNote('Stopping: requests that have come are still answered. Interrupt again to stop at once.');
      resolve();
    });
  });
}
